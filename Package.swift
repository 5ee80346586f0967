// swift-tools-version: 6.2
import PackageDescription

/// The strictest language mode the compiler has, everywhere: memory safety is opted out of
/// expression by expression (`unsafe`), never by file.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]

/// One module a room; a module is imported only by those after it in this list.
let rooms: [(name: String, imports: [Target.Dependency])] = [
  ("Bytes", ["CLinux"]),
  ("Compression", ["Bytes", "CCompression", "CLinux"]),
  ("ELF", ["Bytes"]),
  ("DWARF", ["Bytes"]),
  ("Machine", ["Bytes"]),
  ("SystemCalls", ["Machine"]),
  ("ModuleFiles", ["Bytes", "Compression", "ELF", "CLinux"]),
  ("Discovery", ["Bytes", "Compression", "ELF", "CLinux"]),
  ("Targets", ["Bytes", "Compression", "ELF", "Machine", "ModuleFiles"]),
  ("Unwinding", ["Bytes", "DWARF", "ELF", "Machine"]),
  ("Symbolication", ["Bytes", "ELF", "DWARF", "Machine", "ModuleFiles", "Targets", "CDemangle"]),
  ("Disassembly", ["Bytes", "Machine", "CCapstone"]),
  ("Heaps", ["Bytes", "Machine", "Targets"]),
  (
    "Diagnosis",
    ["Bytes", "ELF", "Machine", "ModuleFiles", "Targets", "Unwinding", "Symbolication", "Disassembly", "Heaps"]
  ),
  ("Processes", ["Bytes", "Compression", "ELF", "Machine", "ModuleFiles", "Targets", "CLinux"]),
  ("Tracing", ["Bytes", "Machine", "ModuleFiles", "Targets", "Processes", "Disassembly", "CLinux"]),
  ("Guarding", ["Bytes", "ELF", "CLinux"]),
  (
    "Reporting",
    [
      "Bytes", "ELF", "Machine", "ModuleFiles", "Discovery", "Targets", "Unwinding", "Symbolication", "Disassembly",
      "Heaps", "Diagnosis",
      "CLinux",
    ]
  ),
  (
    "Sharing",
    [
      "Bytes", "Compression", "ELF", "Machine", "ModuleFiles", "Targets", "Unwinding", "Diagnosis", "Reporting",
      "CLinux",
    ]
  ),
  ("Pages", ["Bytes", "Reporting"]),
  (
    "CallTracing",
    [
      "Bytes", "ELF", "Machine", "Targets", "Unwinding", "Symbolication", "ModuleFiles", "Diagnosis", "Processes",
      "SystemCalls", "Tracing",
      "Reporting", "Pages", "CLinux",
    ]
  ),
  (
    "Supervision",
    [
      "Bytes", "ELF", "Machine", "ModuleFiles", "Targets", "Unwinding", "Symbolication", "Diagnosis", "Processes",
      "Tracing", "Reporting", "CLinux",
    ]
  ),
]

/// Files that are put into the executable as they are: it is one file, wherever it is copied to.
let embedded: [String: [Resource]] = [
  "Pages": [.embedInCode("Assets")]
]

/// What makes sources while it is built.
let plugins: [String: [Target.PluginUsage]] = [
  "Guarding": [.plugin(name: "EmbedGuard")]
]

/// Fuzzers, one an entry point. They are targets only where `Fuzz/run` asks for them: every module they are linked with
/// is compiled for libFuzzer then. They belong to this package because they call what is `package`.
let fuzzers: [Target] =
  Context.environment["INQUEST_FUZZERS"] == nil
  ? []
  : [.target(name: "FuzzSupport", dependencies: ["Bytes", "Machine"], path: "Fuzz/Support", swiftSettings: strict)]
    + [
      ("ELF", ["ELF", "Compression"]),
      ("Core", ["Targets", "ModuleFiles", "Machine"]),
      ("CallFrames", ["DWARF", "Unwinding", "Machine"]),
      ("LineTable", ["DWARF"]),
      ("DebugInformation", ["DWARF"]),
      ("Demangling", ["Symbolication"]),
      ("Bundle", ["Sharing", "Reporting", "Targets", "ModuleFiles", "Machine"]),
      ("Heaps", ["Heaps", "Machine", "Targets"]),
      ("SystemCalls", ["SystemCalls", "Machine"]),
      ("Pipeline", ["Diagnosis", "Reporting", "Pages", "Targets", "ModuleFiles"]),
    ].map { (name: String, imports: [Target.Dependency]) in
      .executableTarget(
        name: "Fuzz" + name, dependencies: ["Bytes", "FuzzSupport"] + imports, path: "Fuzz/" + name,
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
    }

/// See `docs/library.md`.
let libraries = [
  "Bytes", "Compression", "ELF", "DWARF", "Machine", "ModuleFiles", "Targets", "Unwinding", "Symbolication",
  "Disassembly", "Heaps", "Diagnosis",
]

let package = Package(
  name: "inquest",
  products: [
    .executable(name: "inquest", targets: ["inquest"])
  ]
    // What others may build on: nobody else offers these in Swift. `Bytes`, `Machine`, `ModuleFiles`, `Compression` and
    // `Disassembly` are among them because their types stand in the others' public declarations.
    + libraries.map { .library(name: $0, targets: [$0]) }
    // For other people's programs, not about them: `docs/handrail.md`.
    + [.library(name: "Handrail", targets: ["Handrail"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    .target(name: "CLinux"),
    .systemLibrary(name: "CCapstone", providers: [.apt(["libcapstone-dev"])]),
    .systemLibrary(name: "CDemangle", providers: [.apt(["libiberty-dev"])]),
    .systemLibrary(
      name: "CCompression", providers: [.apt(["zlib1g-dev", "libzstd-dev", "liblz4-dev", "liblzma-dev"])]),
  ]
    + rooms.map {
      .target(
        name: $0.name, dependencies: $0.imports, resources: embedded[$0.name] ?? [], swiftSettings: strict,
        plugins: plugins[$0.name] ?? [])
    }
    + [.plugin(name: "EmbedGuard", capability: .buildTool())]
    // Stands by itself: it knows none of the rooms, and none of them knows it.
    + [
      .target(name: "CHandrail"),
      .target(name: "Handrail", dependencies: ["CHandrail"], swiftSettings: strict),
      // Programs that use it, for its tests: some of them are meant to die.
      .executableTarget(
        name: "handrail-trial", dependencies: ["Handrail"], path: "Tests/HandrailTrial"),
      .testTarget(
        name: "HandrailTests", dependencies: ["Handrail", "handrail-trial", "inquest", "TestSupport"]),
    ]
    + [
      .executableTarget(
        name: "inquest",
        dependencies: [
          "Compression", "ModuleFiles", "Bytes", "Discovery", "Targets", "Processes", "Tracing", "Diagnosis",
          "Reporting",
          "Pages", "Sharing", "Supervision", "Machine", "SystemCalls", "CallTracing", "Guarding",
          "CLinux",
          .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: strict)
    ]
    + [
      // What tests share: running programs, compiling fixtures, writing synthetic files.
      .target(name: "TestSupport", dependencies: [], path: "Tests/TestSupport")
    ]
    + rooms.filter { tested.contains($0.name) }.map { room in
      .testTarget(
        name: room.name + "Tests",
        dependencies: room.imports.filter { !isSystemLibrary($0) } + [.byName(name: room.name), "TestSupport"])
    }
    // The whole way from a core file to the words on the screen, through the executable.
    + [.testTarget(name: "PipelineTests", dependencies: ["inquest", "TestSupport"])]
    + fuzzers
)

/// The modules that have a folder of tests of their own.
var tested: [String] {
  [
    "Bytes",
    "Compression",
    "DWARF",
    "Diagnosis",
    "Disassembly",
    "Discovery",
    "ELF",
    "Guarding",
    "Heaps",
    "ModuleFiles",
    "Pages",
    "Processes",
    "Reporting",
    "Sharing",
    "Supervision",
    "Symbolication",
    "SystemCalls",
    "Targets",
    "Tracing",
    "Unwinding",
  ]
}

func isSystemLibrary(_ dependency: Target.Dependency) -> Bool {
  if case .byNameItem(let name, _) = dependency { name.hasPrefix("C") && name != "Compression" } else { false }
}
