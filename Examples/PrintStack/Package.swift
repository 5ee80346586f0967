// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that it sees of Inquest what any other package would: its library products' public API.
let package = Package(
  name: "print-stack",
  dependencies: [.package(name: "inquest", path: "../..")],
  targets: [
    .executableTarget(
      name: "PrintStack",
      dependencies: ["Targets", "ModuleFiles", "Unwinding", "Symbolication", "Diagnosis"].map {
        .product(name: $0, package: "inquest")
      },
      swiftSettings: [.enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error)])
  ])
