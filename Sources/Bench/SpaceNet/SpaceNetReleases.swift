/// SpaceNet 1: Rio de Janeiro, WorldView-2, 50 cm and 2 m.
///
/// Two forms are published: `processedBuildingLabels` (`vectorData/geoJson/<image>_Geo.geojson`) and the later archives
/// (`geojson/Geo_<image>.geojson`). Images are 438–439 × 406–407 pixels in three bands, 110 × 102 in eight.
public enum SpaceNet1: SpaceNetRelease {
    /// "spacenet-1".
    public static let name = "spacenet-1"
    /// Two kinds of images of unequal resolution.
    public static let form = SpaceNetForm(
        images: [
            .init("8band", bands: 8, table: "8band"), .init("3band", bands: 3, table: "3band"),
        ],
        footprints: [
            .init("geojson", in: "vectorData/geoJson", suffix: "_Geo.geojson"),
            .init("geojson", in: "geojson", prefix: "Geo_", suffix: ".geojson"),
        ],
        tables: "vectorData/summaryData", counts: [.init("", 6940)])
}

/// SpaceNet 2: Las Vegas, Paris, Shanghai, Khartoum, WorldView-3, 30 cm and 1.24 m.
///
/// Pan-sharpened images are 650 × 650 pixels, `MUL` about 163 × 163. Features of Vegas all have `"Id": 0`: a reader that keys on it
/// keeps one of them (SpaceNetChallenge/utilities issue 40); here a feature is known by its place in the file.
public enum SpaceNet2: SpaceNetRelease {
    /// "spacenet-2".
    public static let name = "spacenet-2"
    /// Four kinds of images; the CSV's pixels are those of the pan-sharpened ones.
    public static let form = SpaceNetForm(
        images: [
            .init("MUL-PanSharpen", bands: 8, table: ""), .init("MUL", bands: 8),
            .init("RGB-PanSharpen", bands: 3, table: ""), .init("PAN", bands: 1, table: ""),
        ],
        footprints: [
            .init("geojson", in: "geojson/buildings", prefix: "buildings_", suffix: ".geojson")
        ],
        tables: "summaryData",
        counts: [
            .init("AOI_2_Vegas_", 3850), .init("AOI_3_Paris_", 1148),
            .init("AOI_4_Shanghai_", 4582), .init("AOI_5_Khartoum_", 1012),
        ])
}

/// SpaceNet 4: Atlanta from 27 angles, WorldView-2; one footprint file serves all images of its ground.
///
/// Pan-sharpened images (red, green, blue, near infrared) are 900 × 900 pixels, `MS` 225 × 225.
public enum SpaceNet4: SpaceNetRelease {
    /// "spacenet-4".
    public static let name = "spacenet-4"
    /// Three kinds of images.
    public static let form = SpaceNetForm(
        images: [
            .init("Pan-Sharpen", bands: 4), .init("MS", bands: 8), .init("PAN", bands: 1),
        ],
        footprints: [
            .init(
                "geojson", in: "geojson/spacenet-buildings", prefix: "spacenet-buildings_",
                suffix: ".geojson")
        ],
        counts: [.init("Atlanta_", 27 * 1064)])

    /// "732701_3730989" of "Atlanta_nadir7_catid_1030010003D22F00_732701_3730989".
    public static func ground(of image: String) -> String {
        image.split(separator: "_").suffix(2).joined(separator: "_")
    }
}

/// SpaceNet 7: sixty places, a PlanetScope mosaic of 4 m a month.
///
/// Images are about 1024 × 1024 pixels: red, green, blue and a mask (255 where there is data). Below the outlines of a month's unusable
/// data (`labels/<image>_UDM.geojson`: clouds, mostly) nobody knows of buildings: the mask has 255 there.
public enum SpaceNet7: SpaceNetRelease {
    /// "spacenet-7".
    public static let name = "spacenet-7"
    /// Images as they are, or without what was not to be seen; footprints of each month, or with names that last.
    public static let form = SpaceNetForm(
        images: [.init("images_masked", bands: 4), .init("images", bands: 4)],
        footprints: [
            .init("labels", in: "labels", suffix: "_Buildings.geojson"),
            .init("labels_match", in: "labels_match", suffix: "_Buildings.geojson"),
            .init(
                "labels_match_pix", in: "labels_match_pix", suffix: "_Buildings.geojson",
                isInPixels: true),
        ],
        unusable: .init("unusable", in: "labels", suffix: "_UDM.geojson"),
        namesBeginWithFolder: false, mayLackFootprints: true, counts: [.init("", 1423)])

    /// "L15-0331E-1257N_1327_3160_13" of "global_monthly_2018_01_mosaic_L15-0331E-1257N_1327_3160_13".
    public static func place(of image: String) -> String {
        image.split(separator: "_").suffix(4).joined(separator: "_")
    }

    /// The split of Hafner and others, which PANGAEA uses too.
    ///
    /// Remote Sensing 15 (2023) 5135.
    public static func publishedSplit(of place: String) -> String? {
        if hafnerValidation.contains(place) { return "val" }
        if hafnerTest.contains(place) { return "test" }
        return hafnerTrain.contains(place) ? "train" : nil
    }

    private static let hafnerTrain: Set<String> = places(
        """
        0331E-1257N_1327_3160 0358E-1220N_1433_3310 0457E-1135N_1831_3648 0487E-1246N_1950_3207 \
        0577E-1243N_2309_3217 0586E-1127N_2345_3680 0595E-1278N_2383_3079 0632E-0892N_2528_4620 \
        0683E-1006N_2732_4164 0924E-1108N_3699_3757 1015E-1062N_4061_3941 1138E-1216N_4553_3325 \
        1203E-1203N_4815_3378 1204E-1202N_4816_3380 1209E-1113N_4838_3737 1210E-1025N_4840_4088 \
        1276E-1107N_5105_3761 1298E-1322N_5193_2903 1389E-1284N_5557_3054 1438E-1134N_5753_3655 \
        1439E-1134N_5759_3655 1481E-1119N_5927_3715 1538E-1163N_6154_3539 1615E-1206N_6460_3366 \
        1669E-1153N_6678_3579 1669E-1160N_6679_3549 1672E-1207N_6691_3363 1703E-1219N_6813_3313 \
        1709E-1112N_6838_3742 1716E-1211N_6864_3345
        """)

    private static let hafnerValidation: Set<String> = places(
        """
        0357E-1223N_1429_3296 0361E-1300N_1446_2989 0368E-1245N_1474_3210 0566E-1185N_2265_3451 \
        0614E-0946N_2459_4406 0760E-0887N_3041_4643 1014E-1375N_4056_2688 1049E-1370N_4196_2710 \
        1185E-0935N_4742_4450 1289E-1169N_5156_3514 1296E-1198N_5184_3399 1615E-1205N_6460_3370 \
        1617E-1207N_6468_3360 1669E-1160N_6678_3548 1748E-1247N_6993_3202
        """)

    private static let hafnerTest: Set<String> = places(
        """
        0387E-1276N_1549_3087 0434E-1218N_1736_3318 0506E-1204N_2027_3374 0544E-1228N_2176_3279 \
        0977E-1187N_3911_3441 1025E-1366N_4102_2726 1172E-1306N_4688_2967 1200E-0847N_4802_4803 \
        1204E-1204N_4819_3372 1335E-1166N_5342_3524 1479E-1101N_5916_3785 1690E-1211N_6763_3346 \
        1691E-1211N_6764_3347 1848E-0793N_7394_5018
        """)

    /// Places all are "L15-…_13".
    private static func places(_ list: String) -> Set<String> {
        Set(list.split(separator: " ").map { "L15-\($0)_13" })
    }
}
