import Metrics
import Testing

struct ClassConfusionTests {
    @Test func agreesWithScikitLearnAndTorchmetrics() throws {
        for reference in try OutsideScores.read().classes {
            var confusion = ClassConfusion(classes: reference.classes)
            try confusion.add(
                prediction: reference.prediction, truth: reference.truth, ignoring: 255)
            for (truth, row) in reference.matrix.enumerated() {
                for (prediction, count) in row.enumerated() {
                    #expect(confusion[truth, prediction] == count, "\(reference.name)")
                }
            }
            let scores = confusion.everyClass
            #expect(zip(scores, reference.iou).allSatisfy { agree($0.iou, $1, within: 1e-6) })
            #expect(zip(scores, reference.f1).allSatisfy { agree($0.f1, $1) })
            #expect(agree(confusion.meanIoU.mean, reference.meanIoU, within: 1e-6))
            #expect(agree(confusion.accuracy, reference.accuracy))
            #expect(agree(confusion.meanRecall.mean, reference.meanRecall))
            #expect(agree(confusion.kappa, reference.kappa), "\(reference.name)")
            #expect(
                confusion.total + confusion.ignored == Int64(reference.truth.count),
                "\(reference.name)")
        }
    }

    @Test func differencesLeadFromOneToTheOther() throws {
        var generator = TestGenerator(7)
        func image() throws -> ClassConfusion {
            var counts = ClassConfusion(classes: 10)
            let (prediction, truth) = (
                UInt8.random(in: 0..<10, using: &generator),
                UInt8.random(in: 0..<10, using: &generator)
            )
            try counts.add(prediction: [prediction], truth: [truth])
            return counts
        }
        let (own, theirs) = (
            try (0..<50).map { _ in try image() }, try (0..<50).map { _ in try image() }
        )
        var moved = own[0]
        for next in own.dropFirst() { moved += next }
        for (group, counts) in own.enumerated() where group % 3 == 0 {
            let differences = counts.differences(of: theirs[group])
            #expect(differences.count <= 2)
            moved.add(differences, times: 1)
        }
        var sum = ClassConfusion(classes: 10)
        for group in own.indices { sum += group % 3 == 0 ? theirs[group] : own[group] }
        #expect(moved == sum)
    }

    @Test(arguments: [1, 2, 19, 63, 64, 255])
    func countsLikeALoop(classes: Int) throws {
        var generator = TestGenerator(UInt64(classes))
        let truth = (0..<10_037).map { _ in
            UInt8(generator.next() % UInt64(classes == 255 ? 255 : classes + 1))
        }.map { Int($0) == classes ? UInt8(255) : $0 }
        let prediction = truth.map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        var confusion = ClassConfusion(classes: classes)
        try confusion.add(prediction: prediction, truth: truth, ignoring: 255)
        var expected = [Int64](repeating: 0, count: classes * (classes + 1))
        for (called, actual) in zip(prediction, truth) where actual != 255 {
            expected[Int(actual) * (classes + 1) + min(Int(called), classes)] += 1
        }
        #expect(confusion.counts == expected)
        #expect(confusion.ignored == Int64(truth.count { $0 == 255 }))
    }

    @Test func shardsMergeInAnyOrder() throws {
        var generator = TestGenerator(7)
        let truth = (0..<5000).map { _ in UInt8(generator.next() % 6) }
        let prediction = (0..<5000).map { _ in UInt8(generator.next() % 6) }
        let cuts = [0, 1, 33, 64, 1000, 1001, 4999, 5000]
        var shards = try zip(cuts, cuts.dropFirst()).map { start, end in
            var part = ClassConfusion(classes: 6)
            try part.add(
                prediction: Array(prediction[start..<end]), truth: Array(truth[start..<end]))
            return part
        }
        let forward = shards.reduce(ClassConfusion(classes: 6), +)
        shards.shuffle(using: &generator)
        #expect(shards.reduce(ClassConfusion(classes: 6), +) == forward)
        #expect(forward.total == 5000)
    }

    @Test func aTruthThatIsNoClassIsRefusedWhole() throws {
        var confusion = ClassConfusion(classes: 3)
        let error = #expect(throws: MetricsError.self) {
            try confusion.add(prediction: [0, 1, 2], truth: [0, 3, 255], ignoring: 255)
        }
        #expect(error?.description.hasPrefix("1 of 3 truths") == true)
        #expect(confusion == ClassConfusion(classes: 3))
    }

    @Test func aPredictionThatIsNoClassIsAMissAndNobodysFalseAlarm() throws {
        var confusion = ClassConfusion(classes: 2)
        try confusion.add(prediction: [7, 1, 0], truth: [1, 1, 0])
        #expect(
            confusion.counts(of: 1)
                == ConfusionCounts(truePositive: 1, falseNegative: 1, trueNegative: 1))
        #expect(confusion.counts(of: 0).falsePositive == 0)
    }

    @Test func tenThousandMillionPixelsDoNotOverflow() throws {
        let tile = try ClassConfusion(rows: [[3_000_000_000, 1_000_000_000], [0, 1_000_000_000]])
        let all = [tile, tile, tile].reduce(ClassConfusion(classes: 2), +)
        #expect(all.total == 15_000_000_000)
        #expect(agree(all.meanIoU.mean, (0.75 + 0.5) / 2))
    }

    @Test func masksAreCountedAtEveryLength() {
        var generator = TestGenerator(3)
        for count in [0, 1, 31, 32, 33, 255 * 32, 255 * 32 + 5, 20_000] {
            let prediction = (0..<count).map { _ in UInt8(generator.next() % 3) }
            let truth = (0..<count).map { _ in UInt8([0, 1, 255, 9][Int(generator.next() % 4)]) }
            for code in [nil, UInt8(255), 0] {
                let kept = zip(prediction, truth).filter { $0.1 != code }
                let counts = ConfusionCounts(
                    prediction: prediction, truth: truth, ignoring: code)
                #expect(counts.total == Int64(kept.count))
                #expect(counts.truePositive == Int64(kept.count { $0.0 != 0 && $0.1 != 0 }))
                #expect(counts.falsePositive == Int64(kept.count { $0.0 != 0 && $0.1 == 0 }))
                #expect(counts.falseNegative == Int64(kept.count { $0.0 == 0 && $0.1 != 0 }))
            }
        }
    }
}
