/// A land-cover class of CORINE's third level as BigEarthNet names it, with its code in CORINE and its class among the 19.
///
/// The 43 names and the map to 19 classes are those of `label_indices.json` (git.tu-berlin.de/rsim/BigEarthNet-S2_19-classes_models),
/// after Sumbul et al., "BigEarthNet-MM", IEEE GRSM 2021; the codes are those of the CORINE nomenclature (Kosztra et al., 2019).
struct CORINEClass: Sendable {
    let code: Int
    let name: String
    /// The class among the 19, or nil where it was left out.
    let nineteen: Int?

    private init(_ code: Int, _ name: String, _ nineteen: Int? = nil) {
        (self.code, self.name, self.nineteen) = (code, name, nineteen)
    }

    /// The 19 classes, in the order of `label_indices.json`.
    static let nineteen = [
        "Urban fabric", "Industrial or commercial units", "Arable land", "Permanent crops",
        "Pastures", "Complex cultivation patterns",
        "Land principally occupied by agriculture, with significant areas of natural vegetation",
        "Agro-forestry areas", "Broad-leaved forest", "Coniferous forest", "Mixed forest",
        "Natural grassland and sparsely vegetated areas",
        "Moors, heathland and sclerophyllous vegetation", "Transitional woodland, shrub",
        "Beaches, dunes, sands", "Inland wetlands", "Coastal wetlands", "Inland waters",
        "Marine waters",
    ]

    /// The 43 classes, in the order of `label_indices.json`.
    static let all = [
        CORINEClass(111, "Continuous urban fabric", 0),
        CORINEClass(112, "Discontinuous urban fabric", 0),
        CORINEClass(121, "Industrial or commercial units", 1),
        CORINEClass(122, "Road and rail networks and associated land"),
        CORINEClass(123, "Port areas"),
        CORINEClass(124, "Airports"),
        CORINEClass(131, "Mineral extraction sites"),
        CORINEClass(132, "Dump sites"),
        CORINEClass(133, "Construction sites"),
        CORINEClass(141, "Green urban areas"),
        CORINEClass(142, "Sport and leisure facilities"),
        CORINEClass(211, "Non-irrigated arable land", 2),
        CORINEClass(212, "Permanently irrigated land", 2),
        CORINEClass(213, "Rice fields", 2),
        CORINEClass(221, "Vineyards", 3),
        CORINEClass(222, "Fruit trees and berry plantations", 3),
        CORINEClass(223, "Olive groves", 3),
        CORINEClass(231, "Pastures", 4),
        CORINEClass(241, "Annual crops associated with permanent crops", 3),
        CORINEClass(242, "Complex cultivation patterns", 5),
        CORINEClass(
            243,
            "Land principally occupied by agriculture, with significant areas of natural vegetation",
            6),
        CORINEClass(244, "Agro-forestry areas", 7),
        CORINEClass(311, "Broad-leaved forest", 8),
        CORINEClass(312, "Coniferous forest", 9),
        CORINEClass(313, "Mixed forest", 10),
        CORINEClass(321, "Natural grassland", 11),
        CORINEClass(322, "Moors and heathland", 12),
        CORINEClass(323, "Sclerophyllous vegetation", 12),
        CORINEClass(324, "Transitional woodland/shrub", 13),
        CORINEClass(331, "Beaches, dunes, sands", 14),
        CORINEClass(332, "Bare rock"),
        CORINEClass(333, "Sparsely vegetated areas", 11),
        CORINEClass(334, "Burnt areas"),
        CORINEClass(411, "Inland marshes", 15),
        CORINEClass(412, "Peatbogs", 15),
        CORINEClass(421, "Salt marshes", 16),
        CORINEClass(422, "Salines", 16),
        CORINEClass(423, "Intertidal flats"),
        CORINEClass(511, "Water courses", 17),
        CORINEClass(512, "Water bodies", 17),
        CORINEClass(521, "Coastal lagoons", 18),
        CORINEClass(522, "Estuaries", 18),
        CORINEClass(523, "Sea and ocean", 18),
    ]

    /// The places of the 43 names.
    static let places: [String: Int] = Dictionary(
        uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })

    /// The places of the 19 names.
    static let places19: [String: Int] = Dictionary(
        uniqueKeysWithValues: nineteen.enumerated().map { ($1, $0) })

    /// What the codes of a reference map become: a class of the 19, 255 to ignore; 254 for codes that CORINE does not have.
    ///
    /// 999 (no data), 990 and 995 (unclassified) and classes that the 19 leave out (such as 122) are ignored.
    static let ofCode: [UInt8] = {
        var table = [UInt8](repeating: 254, count: 1000)
        for entry in all { table[entry.code] = entry.nineteen.map(UInt8.init) ?? 255 }
        // Glaciers are in CORINE, but in no patch's labels.
        for code in [335, 990, 995, 999] { table[code] = 255 }
        return table
    }()
}
