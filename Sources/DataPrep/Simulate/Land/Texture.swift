/// What makes a material look rough: small random changes of brightness and plant cover.
///
/// All textures are noises of the ground position in metres, none finer than 10 m, so that they
/// move with the ground when a date is shifted. Oriented rows follow the parcel's direction.
struct Texture: Sendable {
    /// How rough a material is.
    private struct Style: Sendable {
        /// Brightness of the 11 m, 27 m and 120 m noises.
        var fine: Float = 0.03
        var clump: Float = 0.03
        var drift: Float = 0.04
        /// Plant cover of the 120 m noise.
        var cover: Float = 0
        /// Brightness of the rows, and metres between them.
        var rows: Float = 0
        var period: Float = 30
    }

    private let fine, clump, drift: LatticeNoise
    private let styles: [Style]

    init(seed: UInt64) {
        fine = LatticeNoise(seed: seed &+ 0x1111)
        clump = LatticeNoise(seed: seed &+ 0x2222)
        drift = LatticeNoise(seed: seed &+ 0x3333)
        styles = Material.allCases.map(Self.style)
    }

    /// The change of brightness (relative) and of cover (absolute) at a point, both about ±0.2.
    @inline(__always)
    func callAsFunction(_ surface: Surface, _ x: Float, _ y: Float) -> (
        brightness: Float, cover: Float
    ) {
        let style = styles[Int(surface.material.rawValue)]
        let slow = drift.value(x * (1 / 120), y * (1 / 120))
        let middle = clump.value(
            0.8 * x * (1 / 27) + 0.6 * y * (1 / 27), 0.8 * y * (1 / 27) - 0.6 * x * (1 / 27))
        var brightness = style.drift * slow + style.clump * middle
        brightness += style.fine * fine.value(x * (1 / 11), y * (1 / 11))
        if style.rows != 0 {
            let turn = surface.across / style.period
            brightness += style.rows * (abs(turn - turn.rounded(.down) - 0.5) * 4 - 1)
        }
        return (brightness, style.cover * (slow + 0.4 * middle))
    }

    private static func style(_ material: Material) -> Style {
        switch material {
        case .lakeWater: Style(fine: 0.02, clump: 0.01, drift: 0.08)
        case .riverWater: Style(fine: 0.03, clump: 0.03, drift: 0.1)
        case .conifer: Style(fine: 0.3, clump: 0.16, drift: 0.08)
        case .broadleaf: Style(fine: 0.24, clump: 0.2, drift: 0.07, cover: 0.04)
        case .heath: Style(fine: 0.14, clump: 0.2, drift: 0.14, cover: 0.2)
        case .garden: Style(fine: 0.3, clump: 0.2, drift: 0.03, cover: 0.15)
        case .pasture: Style(fine: 0.03, clump: 0.06, drift: 0.06, cover: 0.22)
        case .wheat, .rapeseed: Style(drift: 0.05, cover: 0.25, rows: 0.035, period: 24)
        case .maize: Style(fine: 0.04, drift: 0.05, cover: 0.28, rows: 0.02, period: 36)
        case .beet: Style(drift: 0.05, cover: 0.25, rows: 0.03, period: 27)
        case .vineyard: Style(fine: 0.08, clump: 0.05, cover: 0.12, rows: 0.13, period: 22)
        case .fallow: Style(fine: 0.07, clump: 0.1, drift: 0.1, cover: 0.3)
        case .bareSoil: Style(fine: 0.04, clump: 0.05, drift: 0.14, rows: 0.03, period: 40)
        case .redRoof, .greyRoof: Style(fine: 0.12, clump: 0, drift: 0)
        case .brightRoof: Style(fine: 0.08, clump: 0, drift: 0.02)
        case .asphalt: Style(fine: 0.12, clump: 0.08, drift: 0.04)
        case .gravel: Style(fine: 0.12, clump: 0.12, drift: 0.08)
        case .clearing: Style(fine: 0.22, clump: 0.2, drift: 0.1, cover: 0.1)
        }
    }
}
