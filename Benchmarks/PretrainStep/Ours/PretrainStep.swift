import Foundation
import MatterModel
import Tensors

/// Our side of the pretrain-step benchmark: whole steps of `matter-model pretrain`, reading, computing, writing curves.
///
/// Usage: `bench-pretrain-step STORE RECIPE OUT THREADS WARMUP STEPS [SECTION.KEY=VALUE …]`; prints the seconds of each step, then the
/// loss of the last one and the share of time that was spent waiting for batches.
@main struct PretrainStep {
    static func main() throws {
        let words = CommandLine.arguments
        let numbers = words.dropFirst(4).prefix(3).compactMap { Int($0) }
        guard words.count >= 7, numbers.count == 3 else {
            let usage = "STORE RECIPE OUT THREADS WARMUP STEPS [SECTION.KEY=VALUE …]"
            FileHandle.standardError.write(Data("usage: \(words[0]) \(usage)\n".utf8))
            exit(64)
        }
        Torch.setThreads(numbers[0])
        Torch.retainFreedMemory()
        let settings = words.dropFirst(7).compactMap { RecipeSetting($0) }
        var recipe = try RecipeFile(path: words[2], settings: settings).recipe
        // A store by itself has no list of unchanged pairs.
        recipe.data.pairs = .all
        recipe.run.steps = numbers[1] + numbers[2]
        recipe.run.snapshotEvery = 1_000_000
        recipe.run.checkpointEvery = 1_000_000
        recipe.run.checkpointMinutes = 0
        try? FileManager.default.removeItem(atPath: words[3])
        let plan = PretrainPlan(store: words[1], recipe: recipe, output: words[3], seed: 1)
        var last = ContinuousClock.now
        var (loss, stall) = (0.0, 0.0)
        let trainer = try Trainer(plan) { event in
            switch event {
            case .step(let point, _):
                if point.step > numbers[1] { print(last.duration(to: .now) / .seconds(1)) }
                last = .now
                loss = point.loss
            case .timing(_, let share): stall = share
            default: break
            }
        }
        _ = try trainer.run()
        print("loss", loss)
        print("stall", stall)
    }
}
