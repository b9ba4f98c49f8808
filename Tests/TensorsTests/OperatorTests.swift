import Manifests
import Tensors
import Testing

@Suite struct OperatorTests {
    @Test func matrixProduct() {
        let left = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        let right = Tensor([1, 0, 0, 1, 1, 1] as [Float], shape: [3, 2])
        #expect(left.matmul(right).values() == [4, 5, 10, 11])
    }

    @Test func convolutionCorrelates() {
        let image = Tensor((0..<16).map(Float.init), shape: [1, 1, 4, 4])
        let kernel = Tensor([1, 0, 0, -1] as [Float], shape: [1, 1, 2, 2])
        let found = image.conv2d(weight: kernel, stride: [2], padding: [1])
        #expect(found.shape == [1, 1, 3, 3])
        #expect(found.values() == [0, -2, 0, -8, -5, 7, 0, 13, 15])
    }

    @Test func listsAndOptionalsReachTheOperator() {
        let rows = Tensor((0..<12).map(Float.init), shape: [3, 4])
        #expect(rows.sum([0], keepingDimensions: true).shape == [1, 4])
        #expect(rows.sum([1]).values() == [6, 22, 38])
        #expect(rows.index([nil, Tensor([3, 0])]).values() == [3, 0, 7, 4, 11, 8])
        #expect(Tensor.cat([rows, rows], dimension: 1).shape == [3, 8])
        #expect(rows.split([1, 3], dimension: 1).map(\.shape) == [[3, 1], [3, 3]])
        #expect(rows.slice(1, from: 1, step: 2).values() == [1, 3, 5, 7, 9, 11])
        #expect(rows.clamp(maximum: 2).max().item() == Float(2))
    }

    @Test func poolingAndResizing() {
        let image = Tensor((0..<16).map(Float.init), shape: [1, 1, 4, 4])
        #expect(image.maxPool2d([2]).values() == [5, 7, 13, 15])
        #expect(image.averagePool2d([2]).values() == [2.5, 4.5, 10.5, 12.5])
        #expect(image.interpolateBilinear([2, 2]).values() == [2.5, 4.5, 10.5, 12.5])
        #expect(image.adaptiveAveragePool2d([1, 1]).item() == Float(7.5))
    }

    @Test func fourierRoundTrip() {
        let image = Tensor((0..<20).map { Float($0 * $0 % 7) }, shape: [4, 5])
        let back = image.rfft2().irfft2([4, 5])
        #expect((back - image).abs().max().item() < Float(1e-5))
        #expect(image.fft2().dtype == .complex64)
    }

    @Test func solvesLinearSystems() {
        let matrix = Tensor([3, 1, 1, 2] as [Double], shape: [2, 2])
        let found = matrix.solve(Tensor([9, 8] as [Double])).values(as: Double.self)
        #expect(abs(found[0] - 2) < 1e-12 && abs(found[1] - 3) < 1e-12)
    }

    @Test(arguments: DType.allCases.filter { ![.complex64, .complex128].contains($0) })
    func convertsBetweenTypes(dtype: DType) {
        let values = Tensor([0, 1, 1, 0] as [Float]).to(dtype)
        #expect(values.dtype == dtype)
        #expect(values.bytes().count == 4 * dtype.byteCount)
        #expect(values.values() == [0, 1, 1, 0])
        #expect(values.values(as: UInt16.self) == [0, 1, 1, 0])
    }

    @Test func emptyAndScalarShapes() {
        #expect(Tensor([Float](), shape: [0, 3]).shape == [0, 3])
        #expect(Tensor(2.5 as Float).shape == [])
        #expect(Tensor(2.5 as Float).item() == Float(2.5))
    }

    @Test func attemptNamesOperatorAndBothShapes() throws {
        let left = Tensor.zeros([2, 3])
        let right = Tensor.zeros([4, 5])
        let error = #expect(throws: TorchError.self) {
            try Torch.attempt { left.matmul(right).relu() + 1 }
        }
        #expect(error?.operation == "matmul")
        #expect(error?.shapes == [[2, 3], [4, 5]])
        let text = try #require(error?.description)
        #expect(text.hasPrefix("matmul: "))
        #expect(text.contains("[2, 3], [4, 5]"))
        #expect(!text.contains("\n"))
        #expect(error?.exitCode.rawValue == 65)
    }

    /// Rows that nearly agree are as far apart as they are, however many there are.
    @Test(arguments: [20, 64])
    func smallDistancesAreExact(_ count: Int) {
        let rows = Tensor((0..<count * 4).map { Float($0 % 7) }, shape: [count, 4])
        let moved = rows + Tensor([0, 0, 1 / 1024, 0] as [Float], shape: [1, 4])
        let found = rows.distances(to: moved).values(as: Float.self)
        for row in 0..<count { #expect(abs(found[row * (count + 1)] - 1 / 1024) < 1e-6) }
    }

    @Test func attemptReturnsWhatWorked() throws {
        let sum = try Torch.attempt { Tensor.ones([3]).sum() }
        #expect(sum.item() == Float(3))
    }

    @Test func misuseTrapsWithBothShapes() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent])
        {
            _ = Tensor.zeros([2, 3]).matmul(Tensor.zeros([4, 5]))
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("matmul: "))
        #expect(text.contains("[2, 3], [4, 5]"))
    }

    @Test func hugeAllocationIsAnErrorWithCode71() {
        let error = #expect(throws: TorchError.self) {
            try Torch.attempt { Tensor.zeros([1 << 40, 1 << 10]) }
        }
        #expect(error?.code == .outOfMemory)
        #expect(error?.exitCode.rawValue == 71)
    }
}
