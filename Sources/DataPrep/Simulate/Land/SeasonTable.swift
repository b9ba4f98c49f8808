/// The look of every material in each of its 64 variants on one day: what a pixel is painted with.
///
/// A point's reflectance is `base · (1 + brightness) + contrast · cover`, where brightness and cover
/// are small texture values; `contrast` is what more or fewer plants do to the spectrum.
struct SeasonTable: Sendable {
    static let variants = 64

    /// Mean spectra, at `material · 64 + variant`.
    let base: [Spectrum]
    /// Spectra of a change of cover by 1.
    let contrast: [Spectrum]

    /// The table of a day.
    ///
    /// - Parameters:
    ///   - dayOfYear: 1 … 366.
    ///   - delay: How many days spring comes later than in central Europe.
    ///   - wetness: 0 (dry soil) … 1 (dark, wet soil).
    init(dayOfYear: Int, delay: Float, wetness: Float) {
        var base: [Spectrum] = []
        var contrast: [Spectrum] = []
        for material in Material.allCases {
            for variant in 0..<Self.variants {
                let look = Look(variant: variant)
                let day = Float(dayOfYear) - delay - look.delay
                let (mean, slope) = Self.spectra(material, look, day: day, wetness: wetness)
                base.append(mean)
                contrast.append(slope)
            }
        }
        self.base = base
        self.contrast = contrast
    }

    /// What the six bits of a variant mean.
    private struct Look {
        /// Days by which this parcel is late, −14 … 14.
        let delay: Float
        /// 0 (dark soil) … 1 (pale soil).
        let soil: Float
        /// Factor on the brightness.
        let gain: Float

        init(variant: Int) {
            delay = (Float(variant & 7) - 3.5) * 4
            soil = Float((variant >> 3) & 7) / 7
            gain = 0.86 + 0.04 * Float((variant * 5) & 7)
        }
    }

    private static func spectra(
        _ material: Material, _ look: Look, day: Float, wetness: Float
    ) -> (Spectrum, Spectrum) {
        if let solid = solidSpectrum(material) {
            let gain = material == .lakeWater ? 1 + (look.gain - 1) * 0.5 : look.gain
            return (solid * gain, Spectrum(repeating: 0))
        }
        let cover = Phenology.cover(material, day: day)
        let soil = soilSpectrum(look, wetness: wetness)
        let (leaf, litter) = plantSpectra(material)
        let bare = max(0, 1 - cover.green - cover.dry)
        let green = leaf * (1 - cover.flower) + Spectra.flower * cover.flower
        let mean = soil * bare + green * cover.green + litter * cover.dry
        let room = 4 * cover.green * (1.04 - cover.green)
        return (mean * (0.5 + 0.5 * look.gain), (green - soil) * max(0.15, room) * 0.5)
    }

    private static func solidSpectrum(_ material: Material) -> Spectrum? {
        switch material {
        case .lakeWater: Spectra.clearWater
        case .riverWater: Spectra.turbidWater
        case .redRoof: Spectra.redTile
        case .greyRoof: Spectra.slate
        case .brightRoof: Spectra.brightSheet
        case .asphalt: Spectra.asphalt
        case .gravel: Spectra.gravel
        default: nil
        }
    }

    private static func soilSpectrum(_ look: Look, wetness: Float) -> Spectrum {
        let dry =
            look.soil < 0.5
            ? Spectra.darkSoil + (Spectra.brownSoil - Spectra.darkSoil) * (look.soil * 2)
            : Spectra.brownSoil + (Spectra.paleSoil - Spectra.brownSoil) * (look.soil * 2 - 1)
        return dry * (1 - 0.35 * wetness)
    }

    private static func plantSpectra(_ material: Material) -> (leaf: Spectrum, litter: Spectrum) {
        switch material {
        case .conifer: (Spectra.conifer, Spectra.bark)
        case .broadleaf, .garden: (Spectra.broadleaf, Spectra.bark)
        case .heath: (Spectra.heath, Spectra.bark)
        case .pasture, .fallow: (Spectra.grass, Spectra.straw)
        default: (Spectra.greenCrop, Spectra.straw)
        }
    }
}
