public import Bytes
internal import ELF

/// What a file says of the one that `dwz` moved shared debug information to.
public struct SupplementLink: Sendable {
  /// As the file states it: relative to its own folder, or absolute in the target's root.
  public let path: String
  /// The other file's build-id, or, in DWARF 5, the checksum that the other file states of itself.
  public let identifier: ByteView
}

extension FileFinder {
  /// What `.gnu_debugaltlink` says (a path and a build-id; gdb's manual, "Debugging Information in Separate Files"),
  /// or `.debug_sup` (DWARF 5, section 7.3.6); nil where there is neither, or it is cut.
  public func supplementLink(of file: FoundFile) -> SupplementLink? {
    if let contents = sectionContents(".gnu_debugaltlink", of: file.elf) {
      guard let name = contents.cString(at: 0, limit: 4096), !name.isEmpty,
        let identifier = contents.suffix(from: name.count + 1), !identifier.isEmpty
      else { return nil }
      return SupplementLink(path: name.text, identifier: identifier)
    }
    guard let (name, identifier) = supplementSection(of: file.elf, isSupplement: false), !name.isEmpty else {
      return nil
    }
    return SupplementLink(path: name.text, identifier: identifier)
  }

  /// What a file that others refer to by `.debug_sup` is recognised by.
  func supplementIdentifier(of elf: ELFFile) -> ByteView? {
    supplementSection(of: elf, isSupplement: true)?.identifier
  }

  /// `.debug_sup`: its version, whether this is the file that others refer to, the other's name, and the checksum
  /// that both files state.
  private func supplementSection(of elf: ELFFile, isSupplement: Bool) -> (name: ByteView, identifier: ByteView)? {
    guard let contents = sectionContents(".debug_sup", of: elf) else { return nil }
    var cursor = Cursor(contents.span)
    do throws(ByteError) {
      guard try cursor.u16() == 5, try cursor.u8() == (isSupplement ? 1 : 0) else { return nil }
    } catch {
      return nil
    }
    guard let name = contents.cString(at: 3, limit: 4096), let rest = contents.suffix(from: 3 + name.count + 1) else {
      return nil
    }
    var checksum = Cursor(rest.span)
    do throws(ByteError) {
      let size = try checksum.uleb128()
      // Any shorter one would be no proof.
      guard size >= 8, let identifier = rest.slice(UInt64(checksum.offset), size) else { return nil }
      return (name, identifier)
    } catch {
      return nil
    }
  }
}
