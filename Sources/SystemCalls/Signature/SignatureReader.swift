internal import Machine

/// Reads the lines of ``SignatureTexts``.
enum SignatureReader {
  /// All calls that some architecture has, by name; those of one architecture only under `name/aarch64`.
  static func signatures() -> [String: CallSignature] {
    let sections: [(StaticString, CallSection)] = [
      (SignatureTexts.files, .file), (SignatureTexts.network, .network), (SignatureTexts.processes, .process),
      (SignatureTexts.memory, .memory), (SignatureTexts.signals, .signal), (SignatureTexts.threads, .thread),
      (SignatureTexts.waiting, .waiting), (SignatureTexts.times, .time), (SignatureTexts.rest, .other),
    ]
    var result: [String: CallSignature] = [:]
    for (text, section) in sections {
      for line in Words.of(text, separatedBy: 0x0a) {
        let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        guard let key = words.first else { continue }
        result[key] = signature(key, words.dropFirst(), section)
      }
    }
    return result
  }

  private static func signature(_ key: String, _ words: ArraySlice<String>, _ section: CallSection) -> CallSignature {
    let name = key.split(separator: "/").first.map(String.init) ?? key
    var arguments: [Argument] = []
    var result = ResultKind.number
    var isResult = false
    for word in words {
      if word == "=" {
        isResult = true
      } else if isResult {
        result = ResultKind(rawValue: word) ?? .number
      } else if arguments.count < 6, let argument = argument(word) {
        arguments.append(argument)
      }
    }
    return CallSignature(name: name, arguments: arguments, result: result, section: section)
  }

  private static func argument(_ word: String) -> Argument? {
    guard let colon = word.firstIndex(of: ":") else { return nil }
    var text = word[word.index(after: colon)...]
    var direction = Direction.input
    if text.hasPrefix("<") { direction = .output }
    if text.hasPrefix("+") { direction = .both }
    if direction != .input { text = text.dropFirst() }
    guard let kind = kind(text) else { return nil }
    return Argument(name: Array(word[..<colon].utf8), kind: kind, direction: direction)
  }

  /// nil for a word that means nothing, which the tests rule out.
  static func kind(_ text: Substring) -> ArgumentKind? {
    if text.hasPrefix("flags.") { return .flags(String(text.dropFirst(6))) }
    if text.hasPrefix("one.") { return .one(String(text.dropFirst(4))) }
    let parts = text.split(separator: "@")
    guard let word = parts.first else { return nil }
    let isPointer = parts.count > 1 && parts[1].hasPrefix("*")
    let other = parts.count > 1 ? Int(parts[1].drop { $0 == "*" }) : nil
    if let other, (0..<6).contains(other) { return counted(word, other, isPointer) }
    return plain[String(word)] ?? Structure(rawValue: String(word)).map { .structure($0) }
  }

  private static func counted(_ word: Substring, _ other: Int, _ isPointer: Bool) -> ArgumentKind? {
    switch word {
    case "bytes": .bytes(length: other)
    case "iovec": .vectors(count: other)
    case "pollfds": .polls(count: other)
    case "sockaddr": .socketAddress(length: other, isPointer: isPointer)
    case "option": .option(length: other, isPointer: isPointer)
    case "fdset": .descriptorSet(count: other)
    case "mask": .processorMask(length: other)
    case "cloneArguments": .cloneArguments(size: other)
    default: nil
    }
  }

  private static let plain: [String: ArgumentKind] = [
    "int": .int, "uint": .uint, "long": .long, "size": .size, "hex": .hexadecimal, "pointer": .pointer,
    "fd": .descriptor, "dirfd": .folder, "mode": .mode, "createMode": .createMode, "id": .identifier,
    "device": .device, "path": .path, "text": .text, "access": .access, "open": .open, "map": .mapFlags,
    "protection": .protection, "signal": .signal, "clone": .clone, "flock": .flock, "ipc": .ipc,
    "socketType": .socketType, "protocol": .protocolNumber, "optionLevel": .optionLevel,
    "socketOption": .socketOption, "fcntl": .fcntlArgument, "prctl": .prctlArgument, "ioctl": .ioctlRequest,
    "ioctlArgument": .ioctlArgument, "futexOperation": .futexOperation, "futexValue": .futexValue,
    "futexTimeout": .futexTimeout, "futexThird": .futexThird, "epollEvents": .events, "ids": .identifiers,
    "entries": .entries(64), "entries32": .entries(32), "strings": .strings, "environment": .environment,
    "mask": .processorMask(length: 1),
  ]
}
