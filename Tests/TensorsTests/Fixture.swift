import Tensors

/// Numbers that PyTorch made; `script/reference` has the programs.
enum Fixture {
    static func read(_ name: String, file: String = #filePath) throws -> [String: HostArray] {
        let tests = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        return try Safetensors.read(tests.joined(separator: "/") + "/Fixtures/\(name)").arrays
    }
}
