package import Bytes
package import ELF
internal import Machine

/// The stubs of the procedure linkage table (`.plt`, `.plt.sec`, `.plt.got`), through which a module calls
/// functions of others: `malloc@plt`. A stub is named by the slot that its instructions jump through.
///
/// Not for use by several threads at once.
package final class LinkageStubs {
  private let file: ELFFile
  private let architecture: Architecture
  private let sections: [SectionHeader]
  /// The sections with stubs.
  private let stubs: [SectionHeader]
  /// The names by slot, once a stub was asked for.
  private var slots: [UInt64: ByteView]?

  /// The size of what comes before the stubs, as far as it is no multiple of theirs, and that of a stub: the
  /// usual ones, those of an old `.plt.got`, and those of aarch64 with branch protection.
  private static let layouts: [(head: UInt64, size: UInt64)] = [(0, 16), (0, 8), (32, 24)]

  package init(_ file: ELFFile) {
    self.file = file
    architecture = file.header.machine == ELFHeader.machineAArch64 ? .aarch64 : .x86_64
    let sections = file.sections
    self.sections = sections
    stubs = sections.filter { section in
      section.isExecutable && file.name(of: section, in: sections)?.text.hasPrefix(".plt") == true
    }
  }

  /// The stub that contains `address`, the linker's; nil where there is none.
  package func stub(at address: UInt64) -> (name: ByteView, start: UInt64, size: UInt64)? {
    guard let section = stubs.first(where: { address >= $0.address && address - $0.address < $0.fileSize }) else {
      return nil
    }
    let code = file.contents(of: section)
    let offset = address - section.address
    for (head, size) in Self.layouts where offset >= head {
      let start = head + (offset - head) / size * size
      guard let slot = slot(code.prefix(from: start, atMost: size), at: section.address &+ start),
        let name = name(ofSlot: slot)
      else { continue }
      return (ByteView(name.array + Array("@plt".utf8)), section.address &+ start, size)
    }
    return nil
  }

  /// The address of the slot that a stub jumps through.
  private func slot(_ code: ByteView, at address: UInt64) -> UInt64? {
    switch architecture {
    case .x86_64: Self.slotX86(code, at: address)
    case .aarch64: Self.slotAArch64(code, at: address)
    }
  }

  /// `jmp *displacement(%rip)`, after an optional `endbr64`.
  private static func slotX86(_ code: ByteView, at address: UInt64) -> UInt64? {
    var at = 0
    if code.load(UInt32.self, at: 0) == 0xfa1e_0ff3 { at = 4 }
    // The `bnd` and `notrack` prefixes.
    if let prefix = code.load(UInt8.self, at: at), prefix == 0xf2 || prefix == 0x3e { at += 1 }
    guard code.load(UInt16.self, at: at) == 0x25ff, let displacement = code.load(Int32.self, at: at + 2) else {
      return nil
    }
    return address &+ UInt64(at + 6) &+ UInt64(bitPattern: Int64(displacement))
  }

  /// `adrp x16, page; ldr x17, [x16, #offset]`, after an optional `bti c`.
  private static func slotAArch64(_ code: ByteView, at address: UInt64) -> UInt64? {
    var at = 0
    if code.load(UInt32.self, at: 0) == 0xd503_245f { at = 4 }
    guard let page = code.load(UInt32.self, at: at), page & 0x9f00_001f == 0x9000_0010,
      let load = code.load(UInt32.self, at: at + 4), load & 0xffc0_03ff == 0xf940_0211
    else { return nil }
    let immediate = UInt64(page >> 5 & 0x7ffff) << 2 | UInt64(page >> 29 & 3)
    let signed = Int64(bitPattern: immediate << 43) >> 43
    let base = (address &+ UInt64(at)) & ~0xfff
    return base &+ UInt64(bitPattern: signed << 12) &+ UInt64(load >> 10 & 0xfff) * 8
  }

  /// The name of the symbol whose address the dynamic linker writes into `slot`.
  private func name(ofSlot slot: UInt64) -> ByteView? {
    let known = slots ?? readSlots()
    slots = known
    return known[slot]
  }

  /// What `.rela.plt` and `.rela.dyn` say of slots: R_X86_64_JUMP_SLOT and R_X86_64_GLOB_DAT,
  /// R_AARCH64_JUMP_SLOT and R_AARCH64_GLOB_DAT.
  private func readSlots() -> [UInt64: ByteView] {
    let wanted: (UInt64, UInt64) = architecture == .x86_64 ? (7, 6) : (1026, 1025)
    var result: [UInt64: ByteView] = [:]
    for section in sections where section.type == 4 && Int(section.link) < sections.count {
      let table = sections[Int(section.link)]
      guard table.type == SectionHeader.dynamicSymbols, Int(table.link) < sections.count else { continue }
      let symbols = SymbolTable(
        entries: file.contents(of: table), strings: file.contents(of: sections[Int(table.link)]))
      let relocations = file.contents(of: section)
      var at = 0
      while let slot = relocations.load(UInt64.self, at: at), let info = relocations.load(UInt64.self, at: at + 8) {
        at += 24
        let type = info & 0xffff_ffff
        guard type == wanted.0 || type == wanted.1, let symbol = symbols.symbol(at: Int(info >> 32)),
          let name = symbols.name(of: symbol), !name.isEmpty
        else { continue }
        result[slot] = name
      }
    }
    return result
  }
}
