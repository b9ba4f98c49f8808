import MatterModel
import Tensors
import Testing

/// The losses and their gradients, beside numbers that PyTorch made (script/reference/losses.py).
struct ContrastTests {
    static let cases: [(name: String, loss: Recipe.Loss)] = {
        var loss = Recipe.example.loss
        loss.negatives = .regions
        loss.temperature = 1
        loss.normalise = false
        loss.margin = 0.5
        func changed(_ change: (inout Recipe.Loss) -> Void) -> Recipe.Loss {
            var other = loss
            change(&other)
            return other
        }
        return [
            ("infonce.printed", loss),
            (
                "infonce.unit",
                changed {
                    $0.temperature = 0.2
                    $0.normalise = true
                }
            ),
            ("infonce.hard", changed { $0.hardNegatives = 2 }),
            ("triplet.l2", changed { $0.kind = .triplet }),
            (
                "triplet.l1.swap",
                changed {
                    $0.kind = .triplet
                    $0.distance = .l1
                    $0.swap = true
                }
            ),
            (
                "triplet.hard",
                changed {
                    $0.kind = .triplet
                    $0.hardNegatives = 1
                }
            ),
        ]
    }()

    @Test(arguments: cases.map(\.name))
    func agreesWithPyTorch(_ name: String) throws {
        let recipe = try #require(Self.cases.first { $0.name == name }).loss
        let fixture = try Fixture("losses")
        let anchors = try fixture.tensor("anchors")
        anchors.requiresGradient = true
        let grounds = ["a", "a", "b", "b", "c"].enumerated().map {
            PatchGround(region: $1, place: $0, row: 0, column: 0)
        }
        let mask = Contrast.mask(grounds, negatives: .regions, window: 5)
        let loss = Contrast(recipe).loss(
            anchors: anchors, positives: try fixture.tensor("positives"),
            mask: Tensor(mask, shape: [5, 5]))
        #expect(try fixture.distance(name, loss.reshaped([1])) < 1e-5)
        loss.backward()
        let gradient = try #require(anchors.gradient)
        #expect(try fixture.distance("\(name).gradient", gradient) < 1e-5)
    }

    /// With one region there is no negative to compare with: the losses are zero, not undefined.
    @Test(arguments: Recipe.Loss.Kind.allCases)
    func withoutNegativesNothingIsLearned(_ kind: Recipe.Loss.Kind) {
        var recipe = Recipe.example.loss
        recipe.kind = kind
        recipe.hardNegatives = 1
        let grounds = [0, 1].map { PatchGround(region: "a", place: $0, row: 0, column: 0) }
        let mask = Contrast.mask(grounds, negatives: .regions, window: 5)
        let loss = Contrast(recipe).loss(
            anchors: .random([2, 3]), positives: .random([2, 3]), mask: Tensor(mask, shape: [2, 2]))
        #expect(abs(loss.item(as: Float.self)) < 1e-6)
    }
}
