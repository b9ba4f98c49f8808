/// The class of CORINE's third level of every 10 m pixel of a scene, as BigEarthNet's reference maps have it.
///
/// The truth of the pixel's middle, not generalised to CORINE's 25 hectares. What lies between houses belongs to the built-up land,
/// as CORINE counts it; roads, tracks and banks outside of it are the code that the 19 classes leave out.
struct CORINECover: Sendable {
    let scene: SimulatedScene

    /// Codes of a date, row by row.
    ///
    /// - Parameter date: Index of the date, for the changes.
    /// - Returns: CORINE's codes, such as 312.
    func codes(date: Int) -> [UInt16] {
        let (size, built) = (scene.size, scene.land.builtUp(date: date))
        return parallelBuffer(size * size, of: UInt16(0), rows: size) { row, buffer in
            for column in 0..<size {
                let (x, y) = (Float(column) * 10 + 5, Float(row) * 10 + 5)
                let material = scene.land.surface(x, y, date: date, year: 0).material
                buffer[row * size + column] = code(x, y, material, built)
            }
        }
    }

    private func code(_ x: Float, _ y: Float, _ material: Material, _ built: [Settlement])
        -> UInt16
    {
        switch material {
        case .lakeWater: return 512
        case .riverWater: return 511
        case .clearing: return 324
        default: break
        }
        if let place = built.first(where: { $0.holds(x, y, outline: scene.land.outline) }) {
            return place.isIndustrial ? 121 : 112
        }
        switch material {
        case .conifer: return 312
        case .broadleaf: return 311
        case .heath: return 322
        case .vineyard: return 221
        case .pasture, .garden: return 231
        case .wheat, .rapeseed, .maize, .beet, .fallow, .bareSoil: return 211
        case .redRoof, .greyRoof, .brightRoof: return 112
        case .asphalt, .gravel: return 122
        case .lakeWater, .riverWater, .clearing: return 999
        }
    }

    /// The name among the 19 classes of a code; nil for what they leave out.
    static func name(_ code: UInt16) -> String? {
        switch code {
        case 112: "Urban fabric"
        case 121: "Industrial or commercial units"
        case 211: "Arable land"
        case 221: "Permanent crops"
        case 231: "Pastures"
        case 311: "Broad-leaved forest"
        case 312: "Coniferous forest"
        case 322: "Moors, heathland and sclerophyllous vegetation"
        case 324: "Transitional woodland, shrub"
        case 511, 512: "Inland waters"
        default: nil
        }
    }
}

extension Land {
    /// The settlements of a date: those of old, and what was built since.
    fileprivate func builtUp(date: Int) -> [Settlement] {
        settlements
            + events.compactMap { event in
                guard event.firstDate <= date, case .buildings(let estate) = event.kind else {
                    return nil
                }
                return estate
            }
    }
}

extension Settlement {
    /// Whether a point in metres lies inside.
    fileprivate func holds(_ x: Float, _ y: Float, outline: LatticeNoise) -> Bool {
        let (dx, dy) = (self.x - x, self.y - y)
        return dx * dx + dy * dy < reach * reach && surface(x, y, outline: outline) != nil
    }
}
