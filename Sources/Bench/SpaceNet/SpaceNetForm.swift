/// Where the files of a SpaceNet release lie, and what they hold.
public struct SpaceNetForm: Sendable, Hashable {
    /// One of a release's kinds of images.
    public struct Images: Sendable, Hashable {
        /// The folder's name, which is also what files begin with: "MUL-PanSharpen".
        public let name: String
        /// Bands of a file.
        public let bands: Int
        /// What the name of a CSV file holds whose pixels are these images'; nil where there is none.
        public let table: String?

        /// Names a kind of images.
        public init(_ name: String, bands: Int, table: String? = nil) {
            (self.name, self.bands, self.table) = (name, bands, table)
        }
    }

    /// One of the ways in which footprints are published.
    public struct Footprints: Sendable, Hashable {
        /// What "--option labels=" calls it.
        public let choice: String
        /// The folder, below the one that holds the images' folder or beside it.
        public let folder: String
        /// What a file's name has before the ground that it is of.
        public let prefix: String
        /// What a file's name has behind it.
        public let suffix: String
        /// Whether coordinates are pixels.
        public let isInPixels: Bool

        /// Describes a folder of files.
        public init(
            _ choice: String, in folder: String, prefix: String = "", suffix: String,
            isInPixels: Bool = false
        ) {
            (self.choice, self.folder, self.isInPixels) = (choice, folder, isInPixels)
            (self.prefix, self.suffix) = (prefix, suffix)
        }
    }

    /// How many images the release has whose names begin in a way.
    public struct Count: Sendable, Hashable {
        /// What their names begin with; empty for all.
        public let prefix: String
        /// How many.
        public let images: Int

        /// A number of images.
        public init(_ prefix: String, _ images: Int) {
            (self.prefix, self.images) = (prefix, images)
        }
    }

    /// The kinds of images, the usual one first.
    public var images: [Images]
    /// The ways of footprints, the usual one first; several of one choice are names in use for the same.
    public var footprints: [Footprints]
    /// Where outlines of what cannot be used lie, on the ground, or nil.
    public var unusable: Footprints?
    /// The folder of CSV files with outlines as WKT, or nil.
    public var tables: String?
    /// Whether names of images begin with their folder's.
    public var namesBeginWithFolder = true
    /// Whether some images have no footprints in the release itself.
    public var mayLackFootprints = false
    /// What is known of the release's size.
    public var counts: [Count]

    /// All names that "--option labels=" may have.
    var labelChoices: [String] {
        var choices: [String] = []
        for place in footprints where !choices.contains(place.choice) {
            choices.append(place.choice)
        }
        return choices + (tables == nil ? [] : ["csv"])
    }
}

/// A release of SpaceNet's building footprints.
public protocol SpaceNetRelease: Sendable {
    /// What the command line calls it: "spacenet-2".
    static var name: String { get }
    /// Where its files lie.
    static var form: SpaceNetForm { get }
    /// The ground that an image shows, as names of footprint files have it.
    static func ground(of image: String) -> String
    /// What must not be divided between two splits: all images of one such place are of one split.
    static func place(of image: String) -> String
    /// A published split of places, where there is one.
    static func publishedSplit(of place: String) -> String?
}

extension SpaceNetRelease {
    /// An image's own name.
    public static func ground(of image: String) -> String { image }
    /// An image's ground.
    public static func place(of image: String) -> String { ground(of: image) }
    /// None.
    public static func publishedSplit(of place: String) -> String? { nil }
}
