import Bench
import Foundation
import TestSupport
import Testing

/// What a run remarks upon before it teaches nothing.
extension TaskRunTests {
    @Test func labelsWithoutAnyPositiveAreRemarkedUpon() throws {
        var remarks: [String] = []
        // All classes but one are left out: what is left is nothing but 0.
        _ = try run(
            Self.change { ($0.data.ignore, $0.data.thresholdRule) = (1, .fixed) }, to: "RUN",
            onEvent: { if case .remark(let text) = $0 { remarks.append(text) } })
        #expect(remarks.count { $0.contains("another class than 0") } == 1, "\(remarks)")
        remarks = []
        _ = try run(
            Self.change { $0.run.epochs = 1 }, to: "USUAL",
            onEvent: { if case .remark(let text) = $0 { remarks.append(text) } })
        #expect(!remarks.contains { $0.contains("another class than 0") }, "\(remarks)")
    }

    @Test func classesWithoutATrainingSampleAreRemarkedUpon() throws {
        var plan = TaskPlan(.classification)
        (plan.data.dataset, plan.data.crop, plan.data.labels) = ("made", 16, 0.09)
        (plan.encoder.strides, plan.encoder.stem) = ([2], .method)
        (plan.head.kind, plan.run.epochs) = (.linear, 1)
        var remarks: [String] = []
        _ = try TaskRun(
            plan: plan, paths: TaskPaths(data: "", output: folder.path("FEW")),
            opening: { MadeImages() }
        ).run { if case .remark(let text) = $0 { remarks.append(text) } }
        #expect(
            remarks.contains { $0.hasPrefix("of 2 training samples none is of ") }, "\(remarks)")
    }
}
