extension Report {
    /// The shifts of one region's dates.
    public struct Alignment: Codable, Sendable, Equatable {
        /// The region's name.
        public var region: String
        /// Its dates, in the order of sensing.
        public var dates: [AlignedDate]
    }

    /// The shift of one date, in pixels of the tile grid.
    public struct AlignedDate: Codable, Sendable, Equatable {
        /// When it was sensed, or the scene's name.
        public var date: String
        /// "reference", "aligned" or "notAligned".
        public var status: String
        /// Why it was not aligned.
        @Nullable public var reason: String?
        /// The shift that was found.
        @Nullable public var found: Shift?
        /// The shift that is true, where a truth file lies beside the scene.
        @Nullable public var known: Shift?
        /// The length of found minus known.
        @Nullable public var errorInPixels: Double?
        /// The residual that the aligner itself reports.
        @Nullable public var residualInPixels: Double?
    }

    /// A shift: content at reference pixel (r, c) lies at (r + rows, c + columns) in the date's image.
    public struct Shift: Codable, Sendable, Equatable {
        /// Down, in pixels.
        public var rows: Double
        /// To the right, in pixels.
        public var columns: Double
    }

    /// The images of one city.
    public struct CityPanels: Codable, Sendable, Equatable {
        /// The city's name.
        public var city: String
        /// The images, in the order in which they are shown.
        public var images: [Panel]
    }

    /// One image.
    public struct Panel: Codable, Sendable, Equatable {
        /// "before", "after", "truth", or a method's short name.
        public var role: String
        /// Its size in pixels.
        public var width: Int
        /// Its size in pixels.
        public var height: Int
        /// The file's bytes, in base 64.
        public var pngBase64: String
    }
}
