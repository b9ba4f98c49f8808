import Manifests
import Tensors
import Testing

@Suite struct DeviceTests {
    @Test(.enabled(if: !Device.cuda.isAvailable, "needs a machine without a GPU"))
    func aMissingGPUIsSaidInOneLine() {
        let error = #expect(throws: TorchError.self) { try Device.cuda.require() }
        #expect(error?.code == .unavailable)
        #expect(error?.exitCode.rawValue == 69)
        #expect(error?.description.hasPrefix("device cuda:0: ") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test(.enabled(if: Device.cuda.isAvailable, "needs a GPU"))
    func tensorsTravelToTheGPUAndBack() {
        let values = Tensor([1, 2, 3] as [Float], on: .cuda)
        #expect(values.device == .cuda)
        #expect((values * 2).values() == [2, 4, 6])
    }

    @Test func namesAreRead() {
        #expect(Device(name: "cpu") == .cpu)
        #expect(Device(name: "cuda:1") == .cuda(1))
        #expect(Device(name: "cuda:-1") == nil)
        #expect(Device(name: "gpu") == nil)
    }
}
