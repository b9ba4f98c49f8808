// swift-tools-version: 6.1
// The architecture drawing. Read top-down: a target imports only what stands above it.

import PackageDescription

// MARK: Where libtorch is

/// `script/bootstrap` links libtorch here; `LIBTORCH` names another one.
let libtorch = Context.environment["LIBTORCH"] ?? Context.packageDirectory + "/.deps/libtorch"

let libtorchHeaders: [CXXSetting] = [
    .unsafeFlags([
        "-isystem\(libtorch)/include", "-isystem\(libtorch)/include/torch/csrc/api/include",
        "-O3", "-ffp-contract=off", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror",
        "-DUSE_C10D_GLOO",
    ])
]

let libtorchLibraries: [LinkerSetting] = [
    .unsafeFlags([
        "-L\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib",
        "-Xlinker", "--enable-new-dtags", "-Xlinker", "--allow-shlib-undefined",
    ]),
    .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
]

// MARK: Where Arrow is

/// `script/bootstrap` links the libraries of pyarrow's wheel here; `ARROW` names other ones.
let arrow = Context.environment["ARROW"] ?? Context.packageDirectory + "/.deps/arrow"

// MARK: How every target is compiled

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-warnings-as-errors"]),
]

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

/// A library of the floor, in `Sources/Shared`.
func floor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Shared/\(name)",
        swiftSettings: strict)
}

/// A room: a library that works on disk, never on the screen.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(name)", exclude: ["Command"],
        swiftSettings: strict)
}

/// A room's program: parse, `resolve()`, call the room, print events.
func program(_ name: String, of room: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: [.init(stringLiteral: room), "Console", arguments, logging] + dependencies,
        path: "Sources/\(room)/Command", swiftSettings: strict)
}

/// The tests of one target.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
        path: "Tests/\(name)Tests", swiftSettings: strict)
}

// MARK: The house

let package = Package(
    name: "matter-suite",
    products: [
        .executable(name: "matter-prep", targets: ["matter-prep"]),
        .executable(name: "matter-model", targets: ["matter-model"]),
        .executable(name: "matter-bench", targets: ["matter-bench"]),
        .executable(name: "matter-eval", targets: ["matter-eval"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        // C and C++ libraries behind one door each.
        .systemLibrary(
            name: "CGDAL", path: "Sources/Shared/CGDAL", pkgConfig: "gdal",
            providers: [.apt(["libgdal-dev"])]),
        .systemLibrary(
            name: "CLMDB", path: "Sources/Shared/CLMDB", pkgConfig: "lmdb",
            providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(
            name: "CCrypto", path: "Sources/Shared/CCrypto", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        .target(
            name: "CTorch", path: "Sources/Shared/CTorch",
            cxxSettings: libtorchHeaders, linkerSettings: libtorchLibraries),
        .target(
            name: "CArrow", path: "Sources/Shared/CArrow",
            cxxSettings: [
                .unsafeFlags([
                    "-isystem\(arrow)/include", "-O2", "-fvisibility=hidden", "-Wall", "-Wextra",
                    "-Werror",
                ])
            ],
            linkerSettings: [
                .unsafeFlags([
                    "-L\(arrow)", "-Xlinker", "-rpath", "-Xlinker", arrow,
                    "-Xlinker", "--enable-new-dtags",
                ]),
                .linkedLibrary(":libparquet.so.2600"), .linkedLibrary(":libarrow.so.2600"),
            ]),
        .systemLibrary(
            name: "CCompression", path: "Sources/Shared/CCompression",
            providers: [.apt(["zlib1g-dev", "libzstd-dev", "libbz2-dev"])]),

        // Inner loops in plain C.
        .target(
            name: "CKernels", path: "Sources/Shared/CKernels",
            cSettings: [
                .unsafeFlags(["-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"])
            ]),

        // The floor.
        floor("Geo"),
        floor("Metrics", ["CKernels"]),
        floor("Manifests", ["CCrypto"]),
        floor("Recipes", ["Manifests", toml]),
        floor("Pictures", ["CCompression"]),
        floor("Console", ["Manifests", arguments, logging]),
        floor("Raster", ["Geo", "Manifests", "Pictures", "CGDAL", "CKernels", "CCompression"]),
        floor("Tensors", ["CTorch", "Manifests"]),
        floor("Store", ["CKernels", "Geo", "Manifests", "Tensors", "CLMDB"]),

        // Room 1: scenes → aligned tiles.
        room(
            "DataPrep",
            ["CKernels", "Geo", "Raster", "Manifests", "Recipes", "Tensors", "Store", logging]),
        program("matter-prep", of: "DataPrep", ["Geo", "Manifests", "Raster", "Tensors"]),

        // Room 2: tiles → pretrained encoder.
        room(
            "MatterModel",
            [
                "CCompression", "Geo", "Manifests", "Pictures", "Recipes", "Tensors", "Store",
                logging,
            ]),
        program("matter-model", of: "MatterModel", ["Manifests", "Tensors"]),

        // Room 3: datasets + encoder → predictions and curves. The one room that imports another: it needs the networks.
        room(
            "Bench",
            [
                "CArrow", "CCompression", "Geo", "Raster", "Manifests", "Recipes", "Tensors",
                "Store", "Metrics", "MatterModel", logging,
            ]),
        program("matter-bench", of: "Bench", ["Geo", "Manifests", "Metrics", "Store", "Tensors"]),

        // Room 4: predictions + curves → metrics → reports.
        room("Eval", ["Manifests", "Metrics", "Pictures", "Recipes", sqlite, logging]),
        program("matter-eval", of: "Eval", ["Manifests", "Metrics"]),

        // The tests.
        .target(
            name: "TestSupport", dependencies: ["Geo", "Manifests"], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests(of: "Geo"),
        tests(of: "Metrics"),
        tests(of: "Manifests"),
        tests(of: "Console", ["Manifests", arguments, logging]),
        tests(of: "Raster", ["Geo", "Manifests", "CGDAL"]),
        tests(of: "Tensors", ["Manifests"]),
        tests(of: "Store", ["CKernels", "Geo", "Raster", "Tensors", "Manifests"]),
        tests(of: "DataPrep", ["Geo", "Raster", "Manifests", "Store", "Tensors"]),
        tests(of: "Pictures", ["Geo", "Manifests", "Raster"]),
        tests(
            of: "MatterModel",
            ["Geo", "Pictures", "Raster", "Tensors", "Store", "Manifests", "matter-model"]),
        .target(
            name: "BenchFixtures", dependencies: ["Geo", "Raster"],
            path: "Tests/BenchFixtures", swiftSettings: strict),
        tests(
            of: "Bench",
            [
                "BenchFixtures", "Geo", "Raster", "Store", "Tensors", "Metrics", "Manifests",
                "MatterModel", "Recipes",
            ]),
        tests(of: "Eval", ["Manifests", "Metrics", sqlite]),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "TestSupport", "BenchFixtures", "Manifests", "Store", "matter-prep", "matter-model",
                "matter-bench",
                "matter-eval",
            ],
            path: "Tests/ProgramTests", swiftSettings: strict),
        .testTarget(
            name: "FaultTests",
            dependencies: [
                "DataPrep", "Geo", "Raster", "Manifests", "Store", "TestSupport", "matter-prep",
                "matter-eval",
            ],
            path: "Tests/FaultTests", swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx20
)

// MARK: Measurements

// `script/bench` sets this; nobody else builds its programs.
if Context.environment["MATTER_BENCHMARKS"] != nil {
    func benchmark(_ name: String, _ folder: String, _ dependencies: [Target.Dependency]) {
        package.products.append(.executable(name: name, targets: [name]))
        package.targets.append(
            .executableTarget(
                name: name, dependencies: dependencies, path: "Benchmarks/\(folder)/Ours",
                swiftSettings: strict))
    }
    benchmark("bench-torch-step", "TorchStep", ["Tensors", "MatterModel"])
    benchmark("bench-tern", "Tern", ["Tensors", "MatterModel"])
    benchmark("bench-dense-inference", "DenseInference", ["Tensors", "MatterModel"])
    benchmark("bench-pretrain-step", "PretrainStep", ["Tensors", "MatterModel"])
    benchmark("bench-align", "Align", ["DataPrep", "Geo", "Manifests", "Raster", "Tensors"])
    benchmark("bench-align-real", "AlignReal", ["DataPrep", "Manifests", "Tensors"])
    benchmark(
        "bench-prep-chain", "PrepChain", ["DataPrep", "Geo", "Raster", "Manifests", "Tensors"])
    benchmark("bench-load-oscd", "LoadOscd", ["Bench", "Store"])
    benchmark(
        "bench-load-bigearthnet", "LoadBigearthnetTiff", ["Bench", "CKernels", "Store"])
    benchmark("bench-prep-jp2", "PrepJp2", ["Geo", "Raster", "Manifests", "Tensors"])
    benchmark("bench-load-spacenet", "LoadSpacenet", ["Bench", "Store"])
    benchmark("bench-load-store", "LoadStore", ["Geo", "Store"])
    benchmark("bench-metrics", "Metrics", ["Metrics"])
}
