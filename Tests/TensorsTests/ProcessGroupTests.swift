import Foundation
import Manifests
import Tensors
import TestSupport
import Testing

/// Ranks are threads here: what they compute together is what one would compute alone.
@Suite(.serialized)
struct ProcessGroupTests {
    /// Runs a body on as many threads as there are ranks; the results are in their order.
    private func together<Result: Sendable>(
        _ size: Int, timeout: Duration = .seconds(30),
        _ body: @escaping @Sendable (ProcessGroup) throws -> Result
    ) throws -> [Result] {
        let port = freePort()
        let results = Results<Result>(size)
        for rank in 0..<size {
            Thread {
                results.put(
                    Swift.Result {
                        var meeting = ProcessGroup.Meeting(
                            host: "127.0.0.1", port: port, rank: rank, size: size)
                        meeting.timeout = timeout
                        return try body(ProcessGroup(meeting))
                    }, rank)
            }.start()
        }
        return try results.all()
    }

    private final class Results<Value: Sendable>: Sendable {
        private let condition = NSCondition()
        private nonisolated(unsafe) var values: [Swift.Result<Value, any Error>?]

        init(_ count: Int) {
            values = Array(repeating: nil, count: count)
        }

        func put(_ value: Swift.Result<Value, any Error>, _ rank: Int) {
            condition.withLock {
                values[rank] = value
                condition.broadcast()
            }
        }

        func all() throws -> [Value] {
            condition.lock()
            defer { condition.unlock() }
            while values.contains(where: { $0 == nil }) { condition.wait() }
            return try values.compactMap { try $0?.get() }
        }
    }

    @Test func collectives() throws {
        let found = try together(3) { group in
            let sums = try group.sums([Double(group.rank), 1])
            let bytes = try group.broadcast(group.rank == 1 ? [7, 8, 9] : [], from: 1)
            let nothing = try group.broadcast([])
            let gathered = group.gather(Tensor([group.rank, 5])).values(as: Int.self)
            try group.barrier()
            return (sums, bytes, nothing, gathered)
        }
        for (sums, bytes, nothing, gathered) in found {
            #expect(sums == [3, 3] && bytes == [7, 8, 9] && nothing.isEmpty)
            #expect(gathered == [0, 5, 1, 5, 2, 5])
        }
    }

    /// The same weights for whoever asks.
    ///
    /// None are drawn: the generator is one for all threads, and other tests draw too.
    private static func network() throws -> Sequential {
        let network = Sequential([
            Conv2d(2, 3, kernelSize: 3), BatchNorm2d(3), ReLU(), Conv2d(3, 2, kernelSize: 2),
        ])
        var state = network.hostState()
        for (name, _) in network.namedParameters {
            guard let shape = state[name]?.shape else { continue }
            state[name] = waves(shape, from: name.utf8.reduce(0) { $0 + Int($1) })
        }
        try network.load(state)
        return network
    }

    /// Values of no order between -1 and 1.
    private static func waves(_ shape: [Int], from start: Int = 0) -> HostArray {
        let count = shape.reduce(1, *)
        return HostArray((0..<count).map { Float(sin(2.3 * Double(start + $0))) }, shape: shape)
    }

    /// All features with all: no sum of parts, as a contrastive loss.
    private static func loss(_ features: Tensor) -> Tensor {
        let rows = features.flattened(from: 1)
        return rows.matmul(rows.transposed(0, 1)).logSoftmax(1).square().mean()
    }

    @Test(arguments: [2, 4])
    func gradientsAndNormsAreThoseOfOneProcess(_ size: Int) throws {
        let images = Self.waves([8, 2, 5, 5])
        let alone = try Self.network()
        Self.loss(alone(Tensor(images))).backward()
        let expected = alone.namedParameters.map { $0.1.gradient?.values(as: Float.self) ?? [] }
        // A bias before a norm has a gradient of zero, which is the difference of large numbers.
        let largest = expected.joined().map(abs).max() ?? 0
        let found = try together(size) { group -> ([[Float]], [String: HostArray]) in
            let network = try Self.network()
            network.joinNorms(over: group)
            let sum = try GradientSum(
                of: network.namedParameters.map(\.1), over: group, bucketBytes: 100)
            let share = 8 / size
            let own = Tensor(images).narrow(0, start: group.rank * share, length: share)
            // Twice, as two steps.
            for _ in 0..<2 {
                for (_, parameter) in network.namedParameters { parameter.gradient = nil }
                try sum.begin()
                Self.loss(group.joined(network(own))).backward()
                try sum.finish()
            }
            return (
                network.namedParameters.map { $0.1.gradient?.values(as: Float.self) ?? [] },
                network.hostState()
            )
        }
        _ = alone(Tensor(images))
        for (gradients, state) in found {
            for (left, right) in zip(gradients, expected) {
                #expect(left.count == right.count)
                #expect(zip(left, right).allSatisfy { abs($0 - $1) < 1e-5 * max(largest, 1) })
            }
            for (name, array) in alone.hostState() {
                let own = try #require(state[name])
                #expect((Tensor(own) - Tensor(array)).abs().max().to(.float32).item() < Float(1e-5))
            }
        }
    }

    /// Those of the last layer are on their way while the first still waits for its own, whatever order an optimiser has.
    @Test func gradientsTravelWhileBackwardWorks() throws {
        let images = Self.waves([4, 2, 5, 5])
        let found = try together(2) { group -> Int in
            let network = try Self.network()
            let sum = try GradientSum(of: network, over: group, bucketBytes: 100)
            try sum.begin()
            Self.loss(network(Tensor(images))).backward()
            try sum.finish()
            return sum.earlyBuckets
        }
        // The bias and the weight of the last convolution, a bucket each.
        for early in found { #expect(early >= 2) }
    }

    @Test func aRankThatLeavesIsAnErrorForTheOthers() throws {
        let found = try together(3) { group -> (TorchError?, Duration) in
            try group.barrier()
            guard group.rank > 0 else { return (nil, .zero) }
            let start = ContinuousClock.now
            do {
                _ = try group.sums([1])
                return (nil, .zero)
            } catch let error as TorchError {
                return (error, start.duration(to: .now))
            }
        }
        for (error, time) in found.dropFirst() {
            #expect(error?.code == .disconnected && error?.exitCode == .io)
            #expect(time < .seconds(30))
        }
    }

    /// Work that takes longer than the time-out loses nobody; work that fails is an error for all.
    @Test func workMayTakeLongerThanTheTimeOut() throws {
        let found = try together(2, timeout: .seconds(6)) { group in
            let rank = group.rank
            return try group.together {
                if rank == 0 { Thread.sleep(forTimeInterval: 9) }
                return rank
            }
        }
        #expect(found == [0, 1])
        let failed = try together(2) { group -> TorchError.Code? in
            let rank = group.rank
            do {
                return try group.together {
                    guard rank == 1 else { return nil }
                    throw TorchError(.invalid, operation: "work", message: "fails")
                }
            } catch let error as TorchError {
                return error.code
            }
        }
        #expect(failed == [.disconnected, .invalid])
    }

    @Test func whoDoesNotComeIsNotWaitedForForEver() {
        var meeting = ProcessGroup.Meeting(host: "127.0.0.1", port: freePort(), rank: 0, size: 2)
        meeting.timeout = .seconds(1)
        let error = #expect(throws: TorchError.self) { try ProcessGroup(meeting) }
        #expect(error?.code == .unavailable)
    }

    @Test(arguments: [
        (["WORLD_SIZE": "2"], "RANK"), (["WORLD_SIZE": "two"], "WORLD_SIZE"),
        (["WORLD_SIZE": "2", "RANK": "2"], "RANK"), (["WORLD_SIZE": "2", "RANK": "-1"], "RANK"),
        (["WORLD_SIZE": "2", "RANK": "0"], "MASTER_ADDR"),
        (["WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "localhost"], "MASTER_PORT"),
        (
            ["WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "70000"],
            "MASTER_PORT"
        ),
    ])
    func variablesThatMakeNoSenseAreNamed(_ environment: [String: String], _ name: String) {
        let error = #expect(throws: TorchError.self) {
            try ProcessGroup.Meeting(environment: environment)
        }
        #expect(error?.exitCode == .configuration)
        #expect(error?.description.contains("variable \(name):") == true)
    }

    @Test func variablesOfTorchrunAreRead() throws {
        #expect(try ProcessGroup.Meeting(environment: [:]) == nil)
        #expect(try ProcessGroup.Meeting(environment: ["WORLD_SIZE": "1"]) == nil)
        let found = try #require(
            try ProcessGroup.Meeting(environment: [
                "WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1", "MASTER_ADDR": "node7",
                "MASTER_PORT": "29500", "TORCHELASTIC_USE_AGENT_STORE": "True",
                "TORCHELASTIC_RESTART_COUNT": "2",
            ]))
        #expect(found.rank == 3 && found.size == 4 && found.localRank == 1 && !found.isServer)
        #expect(found.host == "node7" && found.port == 29500 && found.prefix == "matter/2")
    }
}
