import Testing

@testable import SystemCalls

@Suite struct TableTests {
  @Test(arguments: [("read", 0, 63), ("openat", 257, 56), ("clone3", 435, 435), ("exit_group", 231, 94)])
  func numbersAreThoseOfTheKernel(name: String, x86: Int, arm: Int) {
    #expect(CallTable.x86_64.number(of: name) == x86)
    #expect(CallTable.aarch64.number(of: name) == arm)
    #expect(CallTable.x86_64.signature(x86)?.name == name)
  }

  @Test func aarch64HasNoOpen() {
    #expect(CallTable.aarch64.number(of: "open") == nil)
  }

  @Test(arguments: [CallTable.x86_64, CallTable.aarch64])
  func everyCallHasASignatureOfItsOwn(table: CallTable) {
    let texts = SignatureReader.signatures()
    for call in table.all { #expect(texts[call.signature.name] != nil, "\(call.signature.name)") }
    #expect(table.all.count > 300)
  }

  /// A word that the reader does not know would silently drop an argument.
  @Test func everyWordOfTheSignaturesMeansSomething() {
    let texts = [
      SignatureTexts.files, SignatureTexts.network, SignatureTexts.processes, SignatureTexts.memory,
      SignatureTexts.signals, SignatureTexts.threads, SignatureTexts.waiting, SignatureTexts.times, SignatureTexts.rest,
    ]
    for line in texts.flatMap({ Words.of($0, separatedBy: 0x0a) }) {
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      let equals = words.firstIndex(of: "=") ?? words.count
      for word in words[1..<equals] {
        let kind = word.split(separator: ":").last.map { $0.drop { $0 == "<" || $0 == "+" } }
        let known = kind.flatMap { SignatureReader.kind($0) }
        #expect(known != nil, "\(word) in \(words[0])")
        switch known {
        case .flags(let name), .one(let name): #expect(ConstantTables.x86_64.has(name), "\(name)")
        default: break
        }
      }
      if equals < words.count { #expect(ResultKind(rawValue: String(words[equals + 1])) != nil, "\(words[0])") }
      #expect(equals <= 7, "\(words[0]) has too many arguments")
    }
  }

  @Test func flagsThatDifferByArchitectureAreTold() {
    #expect(ConstantTables.x86_64["open"].name(of: 0o200000) == Array("O_DIRECTORY".utf8))
    #expect(ConstantTables.aarch64["open"].name(of: 0o40000) == Array("O_DIRECTORY".utf8))
  }

  @Test(arguments: [
    (2, "ENOENT", "No such file or directory"), (7, "E2BIG", "Argument list too long"),
    (133, "EHWPOISON", "Memory page has hardware error"),
  ])
  func errorsHaveNamesAndWords(number: Int, name: String, words: String) {
    #expect(ErrorNames.name(number).map { String(decoding: $0, as: UTF8.self) } == name)
    #expect(ErrorNames.words(number).map { String(decoding: $0, as: UTF8.self) } == words)
  }
}
