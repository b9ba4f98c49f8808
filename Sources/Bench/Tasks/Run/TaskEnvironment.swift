import Foundation
import Tensors

/// What a run was computed on: `environment.json`; informative, no digest is over it.
struct TaskEnvironment: Codable {
    let processor: String
    let cores: Int
    let threads: Int
    let libtorch: String
    let device: String

    /// This machine.
    init(device: Device) {
        let facts = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = facts.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor =
            line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
            ?? "unknown"
        cores = ProcessInfo.processInfo.activeProcessorCount
        threads = Torch.threads
        libtorch = Torch.version
        self.device = "\(device)"
    }
}
