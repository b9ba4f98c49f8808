import ArgumentParser
import Tensors

/// Where it is computed.
struct DeviceOption: ParsableArguments {
    @Option(name: .customLong("device"), help: "cpu, cuda or cuda:<number>.")
    var name = "cpu"

    func validate() throws {
        guard Device(name: name) != nil else {
            throw ValidationError("--device is cpu, cuda or cuda:<number>, not \(name).")
        }
    }

    /// The device, which may not be there.
    var device: Device { Device(name: name) ?? .cpu }
}
