extension Recipe {
    /// The texture refinement network.
    public struct Refinement: RecipeSection {
        /// How a neighbour's weight follows from the guide.
        public var kernel: TextureRefinement.Kernel
        /// The dilations of each layer.
        public var layers: [[Int]]
        /// Side of the neighbourhood before dilation, odd.
        public var kernelSize: Int
        /// Whether a pixel is among its own neighbours.
        public var centre: Bool
        /// How often each layer is applied with the same weights; 0 for no refinement.
        public var iterations: Int

        static let example = Refinement(
            kernel: .pamr, layers: [[1, 2]], kernelSize: 3, centre: false, iterations: 1)

        static let choices = [
            Choice("kernel", of: TextureRefinement.Kernel.self)
        ]

        var rules: [RecipeRule] {
            [
                rule(
                    "layers",
                    !layers.isEmpty
                        && layers.allSatisfy { layer in
                            !layer.isEmpty && layer.allSatisfy { (1...256).contains($0) }
                        }, "must hold lists of dilations 1…256, as in [[1, 2, 4]]"),
                rule(
                    "kernelSize", kernelSize % 2 == 1 && (3...15).contains(kernelSize),
                    "must be odd, 3…15"),
                rule("iterations", (0...1000).contains(iterations), "must be 0…1000"),
            ]
        }
    }
}
