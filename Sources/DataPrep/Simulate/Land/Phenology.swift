import Foundation

/// How much of the ground a plant covers on a day of the year.
struct Cover: Sendable {
    /// Green leaves, 0 … 1.
    var green: Float
    /// Straw, stubble, bare branches, 0 … 1.
    var dry: Float
    /// Flowers, 0 … 1.
    var flower: Float = 0
}

/// The year of the plants: green, dry and flowering cover for each day, material by material.
///
/// Double logistic curves of the greenness, as usual for NDVI series (Beck et al., Remote Sensing of
/// Environment 100, 2006); the days are typical of central Europe, rounded.
enum Phenology {
    /// The cover of a material on a day.
    ///
    /// - Parameters:
    ///   - material: What grows.
    ///   - day: Day of the year, 1 … 366, with a parcel's own delay taken off.
    /// - Returns: The fractions; soil is what is left.
    static func cover(_ material: Material, day: Float) -> Cover {
        switch material {
        case .conifer: Cover(green: 0.93, dry: 0.05)
        case .broadleaf, .garden: leaves(day, from: 112, to: 298, winter: 0.12, bare: 0.75)
        case .heath: leaves(day, from: 100, to: 300, winter: 0.55, bare: 0.3)
        case .pasture: leaves(day, from: 78, to: 318, winter: 0.55, bare: 0.25, summer: 0.9)
        case .vineyard: leaves(day, from: 128, to: 290, winter: 0.08, bare: 0.2, summer: 0.55)
        case .wheat: wheat(day)
        case .rapeseed: rapeseed(day)
        case .maize: Cover(green: pulse(day, 163, 11, 268, 9) * 0.93, dry: after(day, 275) * 0.45)
        case .beet: Cover(green: pulse(day, 152, 12, 300, 7) * 0.9, dry: 0.03)
        case .fallow: Cover(green: pulse(day, 120, 20, 280, 20) * 0.4, dry: 0.35)
        case .clearing: Cover(green: 0.08, dry: 0.3)
        default: Cover(green: 0, dry: 0)
        }
    }

    private static func leaves(
        _ day: Float, from start: Float, to end: Float, winter: Float, bare: Float,
        summer: Float = 0.95
    ) -> Cover {
        let green = winter + (summer - winter) * pulse(day, start, 8, end, 9)
        return Cover(green: green, dry: bare * (1 - green))
    }

    private static func wheat(_ day: Float) -> Cover {
        let winter = 0.22 * max(1 - after(day, 60), after(day, 312))
        let green = max(winter, 0.95 * pulse(day, 86, 10, 184, 6))
        let ripe = 0.85 * pulse(day, 184, 6, 213, 4)
        return Cover(green: green, dry: max(ripe, 0.45 * pulse(day, 208, 4, 262, 9)))
    }

    private static func rapeseed(_ day: Float) -> Cover {
        let winter = 0.45 * max(1 - after(day, 60), after(day, 268))
        let green = max(winter, 0.95 * pulse(day, 76, 9, 178, 7))
        let bloom = (day - 129) / 10
        return Cover(
            green: green, dry: 0.6 * pulse(day, 178, 7, 230, 9),
            flower: 0.85 * Float(exp(Double(-bloom * bloom / 2))))
    }

    /// Rises at `up` and falls at `down`, with the given widths in days.
    private static func pulse(
        _ day: Float, _ up: Float, _ upWidth: Float, _ down: Float, _ downWidth: Float
    ) -> Float {
        logistic((day - up) / upWidth) * (1 - logistic((day - down) / downWidth))
    }

    private static func after(_ day: Float, _ turn: Float) -> Float {
        logistic((day - turn) / 7)
    }

    private static func logistic(_ x: Float) -> Float {
        1 / (1 + Float(exp(Double(-x))))
    }
}
