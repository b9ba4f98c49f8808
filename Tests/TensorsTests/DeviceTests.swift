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

    @Test func memorySuitsTheDevice() {
        #expect(HostMemory(for: .cpu) == .plain)
        #expect(HostMemory(for: .cuda) == .pinned && HostMemory(for: .cuda(1)) == .pinned)
    }

    @Test(.enabled(if: !Device.cuda.isAvailable, "needs a machine without a GPU"))
    func memoryIsNotPinnedWithoutAGPU() {
        let error = #expect(throws: TorchError.self) { try Tensor.pinnedZeros([4]) }
        #expect(error?.exitCode.rawValue == 69)
        #expect(error?.description.contains("plain memory") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test(.enabled(if: Device.cuda.isAvailable, "needs a GPU"))
    func pinnedMemoryTravels() throws {
        let tensor = try Tensor.pinnedZeros([2, 3])
        try tensor.hostBytes().bindMemory(to: Float.self)[4] = 7
        #expect(tensor.to(.cuda).values() == [0, 0, 0, 0, 7, 0])
    }

    @Test func valuesAreSeenWhereTheyLie() throws {
        let tensor = Tensor.zeros([2, 3])
        let values = try tensor.hostBytes().bindMemory(to: Float.self)
        #expect(values.count == 6)
        values[4] = 7
        #expect(tensor.values() == [0, 0, 0, 0, 7, 0])
        #expect(throws: TorchError.self) { try tensor.permuted([1, 0]).hostBytes() }
    }

    @Test func namesAreRead() {
        #expect(Device(name: "cpu") == .cpu)
        #expect(Device(name: "cuda:1") == .cuda(1))
        #expect(Device(name: "cuda:-1") == nil)
        #expect(Device(name: "gpu") == nil)
    }
}
