/// Something that happens to the land between two dates and stays: what change detection is to find.
///
/// Crops, snow and clouds come and go and are no events.
struct ChangeEvent: Sendable {
    /// What happened.
    enum Kind: Sendable {
        /// Houses or halls on open land.
        case buildings(Settlement)
        /// Felled forest.
        case clearing
        /// A river out of its banks.
        case flood
    }

    let kind: Kind
    /// Middle in metres.
    let x, y: Float
    /// No point further away in metres is touched.
    let reach: Float
    /// Index of the first date that shows it.
    let firstDate: Int
    private let outline: LatticeNoise

    init(kind: Kind, x: Float, y: Float, reach: Float, firstDate: Int, seed: UInt64) {
        self.kind = kind
        self.x = x
        self.y = y
        self.reach = reach
        self.firstDate = firstDate
        outline = LatticeNoise(seed: seed)
    }

    /// What stands at (x, y) after the event, or nil where it changes nothing.
    ///
    /// Nobody builds on water, roads and houses; only forest is felled; water is not flooded.
    func surface(_ mapX: Float, _ mapY: Float, before: Surface) -> Surface? {
        let (dx, dy) = (mapX - x, mapY - y)
        let squared = dx * dx + dy * dy
        guard squared < reach * reach else { return nil }
        guard affects(before.material.landCover) else { return nil }
        if case .buildings(let settlement) = kind {
            return settlement.surface(mapX, mapY, outline: outline)
        }
        let ragged = 0.72 + 0.55 * outline.fractal(mapX / 150, mapY / 150, octaves: 3)
        guard squared < reach * reach * ragged * abs(ragged) else { return nil }
        if case .flood = kind { return Surface(material: .riverWater, variant: 20, across: dx) }
        return Surface(material: .clearing, variant: UInt8(outline.seed & 63), across: dx)
    }

    private func affects(_ cover: LandCover) -> Bool {
        switch kind {
        case .buildings: ![.water, .road, .roof].contains(cover)
        case .clearing: [.coniferousForest, .broadleafForest, .heath].contains(cover)
        case .flood: cover != .water
        }
    }
}
