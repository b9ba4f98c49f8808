/// What the classes of a Sentinel-2 scene classification (SCL) mean for us.
///
/// Classes: ESA, Sentinel-2 Level-2A Algorithm Theoretical Basis Document, table 3.
public enum SceneClassification {
    /// Cloud of medium (8) or high (9) probability and thin cirrus (10).
    public static func isCloud(_ value: UInt16) -> Bool { (8...10).contains(value) }

    /// Land, water or snow that is seen as it is: no data (0), defect (1), cloud shadow (3) and cloud are not.
    public static func isClear(_ value: UInt16) -> Bool {
        switch value {
        case 2, 4, 5, 6, 7, 11: true
        default: false
        }
    }
}
