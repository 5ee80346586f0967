package import Targets

/// Allocators that programs use in place of libc's.
package enum OtherAllocator: String, Sendable, CaseIterable {
  case musl
  case jemalloc
  case tcmalloc
  case mimalloc
  case go = "Go's runtime"
  case addressSanitizer = "AddressSanitizer"

  /// How the names of its libraries begin.
  private var libraries: [String] {
    switch self {
    case .musl: ["ld-musl", "libc.musl"]
    case .jemalloc: ["libjemalloc"]
    case .tcmalloc: ["libtcmalloc"]
    case .mimalloc: ["libmimalloc"]
    case .go: []
    case .addressSanitizer: ["libasan", "libclang_rt.asan"]
    }
  }

  /// Whether `module` is one of its libraries. Debian's musl is a plain libc.so in a folder of its own.
  func isLibrary(_ module: Module) -> Bool {
    libraries.contains { module.name.hasPrefix($0) }
      || self == .musl && module.name == "libc.so"
        && module.path.split(separator: "/").contains { $0.hasSuffix("-musl") }
  }

  /// Symbols that only it defines, under the prefixes that it is built with.
  private var symbols: [String] {
    switch self {
    case .musl: ["__malloc_context"]
    case .jemalloc: ["je_malloc", "_rjem_malloc", "malloc_conf", "_rjem_malloc_conf", "mallocx", "_rjem_mallocx"]
    case .tcmalloc: ["tc_malloc", "TCMallocInternalMalloc"]
    case .mimalloc: ["mi_malloc", "_mi_malloc_generic"]
    case .go: ["runtime.mallocgc"]
    case .addressSanitizer: ["__asan_init"]
    }
  }

  /// Those that a target has, each with the name of the module that it is in.
  ///
  /// - Parameter symbols: gives which of some names a module, by its index in the target's, defines.
  package static func found(
    in target: any Target, symbols: ([String], Int) -> [String: UInt64]
  ) -> [(allocator: OtherAllocator, module: String)] {
    var found: [(allocator: OtherAllocator, module: String)] = []
    let wanted = allCases.flatMap(\.symbols)
    for (index, module) in target.modules.enumerated() {
      let byName = allCases.first { $0.isLibrary(module) }
      let defined = byName == nil ? symbols(wanted, index) : [:]
      let allocator =
        byName ?? (defined.isEmpty ? nil : allCases.first { $0.symbols.contains { defined[$0] != nil } })
      if let allocator, !found.contains(where: { $0.allocator == allocator }) {
        found.append((allocator, module.name))
      }
    }
    return found
  }
}
