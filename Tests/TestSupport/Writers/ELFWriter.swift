/// Writes ELF files that no linker makes. It shares no layout with the reader: every field is put down in the order
/// in which the specification (gABI chapters 4 and 5) lists it.
public struct ELFWriter: Sendable {
  public struct Segment: Sendable {
    public var type: UInt32
    public var flags: UInt32
    public var address: UInt64
    public var contents: [UInt8]
    /// p_memsz, where it is not the number of bytes.
    public var memorySize: UInt64?
    /// p_filesz, where it is to lie.
    public var statedFileSize: UInt64?
    /// p_offset, where it is to lie.
    public var statedOffset: UInt64?
    public var alignment: UInt64

    public init(
      type: UInt32, flags: UInt32, address: UInt64, contents: [UInt8], memorySize: UInt64? = nil,
      statedFileSize: UInt64? = nil, statedOffset: UInt64? = nil, alignment: UInt64 = 1
    ) {
      (self.type, self.flags, self.address, self.contents) = (type, flags, address, contents)
      (self.memorySize, self.statedFileSize, self.statedOffset) = (memorySize, statedFileSize, statedOffset)
      self.alignment = alignment
    }
  }

  public struct Section: Sendable {
    public var name: String
    public var type: UInt32
    public var flags: UInt64
    public var address: UInt64
    public var contents: [UInt8]
    public var link: UInt32

    public init(
      _ name: String, type: UInt32 = 1, flags: UInt64 = 0, address: UInt64 = 0, contents: [UInt8], link: UInt32 = 0
    ) {
      (self.name, self.type, self.flags, self.address) = (name, type, flags, address)
      (self.contents, self.link) = (contents, link)
    }
  }

  /// e_type: 2 executable, 3 shared object, 4 core.
  public var type: UInt16
  /// e_machine: 62 x86-64, 183 aarch64.
  public var machine: UInt16
  public var entry: UInt64 = 0
  public var segments: [Segment] = []
  /// Without the null section and the names' section, which are added where there are any.
  public var sections: [Section] = []
  /// Puts the number of segments into section 0, as is done where there are more than 65,534 (PN_XNUM).
  public var usesExtendedCount = false

  public init(type: UInt16, machine: UInt16 = 62) {
    (self.type, self.machine) = (type, machine)
  }

  /// The file: ELF header, program headers, contents of segments, contents of sections, section headers.
  public func bytes() -> [UInt8] {
    let isExtended = usesExtendedCount || segments.count >= 0xffff
    let hasSections = !sections.isEmpty || isExtended
    var body = ByteWriter()
    let bodyStart = 64 + 56 * segments.count
    var programHeaders = ByteWriter()
    for segment in segments {
      while segment.alignment > 1, (bodyStart + body.count) % Int(segment.alignment) != 0 { body.append(UInt8(0)) }
      let offset = segment.statedOffset ?? UInt64(bodyStart + body.count)
      body.append(segment.contents)
      let size = segment.statedFileSize ?? UInt64(segment.contents.count)
      programHeaders.append(segment.type)
      programHeaders.append(segment.flags)
      programHeaders.append(offset)
      programHeaders.append(segment.address)
      programHeaders.append(UInt64(0))
      programHeaders.append(size)
      programHeaders.append(segment.memorySize ?? size)
      programHeaders.append(segment.alignment)
    }

    var names = ByteWriter()
    names.append(UInt8(0))
    var sectionHeaders = ByteWriter()
    func header(
      name: Int, type: UInt32, flags: UInt64, address: UInt64, offset: Int, size: Int, link: UInt32, info: UInt32
    ) {
      sectionHeaders.append(UInt32(name))
      sectionHeaders.append(type)
      sectionHeaders.append(flags)
      sectionHeaders.append(address)
      sectionHeaders.append(UInt64(offset))
      sectionHeaders.append(UInt64(size))
      sectionHeaders.append(link)
      sectionHeaders.append(info)
      sectionHeaders.append(UInt64(1))
      sectionHeaders.append(UInt64(type == 2 || type == 11 ? 24 : 0))
    }
    if hasSections {
      header(
        name: 0, type: 0, flags: 0, address: 0, offset: 0, size: 0, link: 0,
        info: isExtended ? UInt32(segments.count) : 0)
      for section in sections {
        let nameOffset = names.count
        names.append(cString: section.name)
        header(
          name: nameOffset, type: section.type, flags: section.flags, address: section.address,
          offset: bodyStart + body.count, size: section.contents.count, link: section.link, info: 0)
        body.append(section.contents)
      }
      let nameOffset = names.count
      names.append(cString: ".shstrtab")
      header(
        name: nameOffset, type: 3, flags: 0, address: 0, offset: bodyStart + body.count, size: names.count, link: 0,
        info: 0)
      body.append(names.bytes)
    }

    var file = ByteWriter()
    file.append([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
    file.append(zeros: 8)
    file.append(type)
    file.append(machine)
    file.append(UInt32(1))
    file.append(entry)
    file.append(UInt64(segments.isEmpty ? 0 : 64))
    file.append(UInt64(hasSections ? bodyStart + body.count : 0))
    file.append(UInt32(0))
    file.append(UInt16(64))
    file.append(UInt16(56))
    file.append(isExtended ? UInt16(0xffff) : UInt16(segments.count))
    file.append(UInt16(hasSections ? 64 : 0))
    file.append(UInt16(hasSections ? sections.count + 2 : 0))
    file.append(UInt16(hasSections ? sections.count + 1 : 0))
    return file.bytes + programHeaders.bytes + body.bytes + sectionHeaders.bytes
  }
}
