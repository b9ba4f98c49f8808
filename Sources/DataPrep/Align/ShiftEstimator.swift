import Tensors

/// How shifts are looked for.
public struct ShiftSearch: Hashable, Sendable, Codable {
    /// Side of a window in pixels, one of `windowSides`; `nil` chooses 256, or less for small images.
    public var windowSide: Int?
    /// What a window is told by.
    public var feature = AlignmentFeature.brightness
    /// The largest displacement believed, in pixels of the reference; beyond half a window's side none is looked for.
    public var largestShift = 32
    /// The share of a window that both dates must show without cloud, above 0 and at most 1.
    public var smallestUsableShare = 0.4
    /// The least agreement of phases, 0…1; noise has about 0.05.
    public var leastCoherence = 0.12
    /// The largest standard error of a window's shift, in pixels.
    public var largestUncertainty = 0.15
    /// Where windows are transformed; `nil` for the processor.
    ///
    /// A setting like the others, for the last bits of a transform are its device's own.
    public var device: AlignmentDevice?

    /// The sides that a window may have: below 32 px phases tell little, above 512 a field is hardly local.
    public static let windowSides = [32, 64, 128, 256, 512]

    /// The settings that `matter-prep` uses.
    public init() {}

    /// The window for images of a size.
    func side(width: Int, height: Int) -> Int {
        if let windowSide { return windowSide }
        let shorter = min(width, height)
        return shorter >= 2048 ? 256 : shorter >= 192 ? 128 : 64
    }
}

/// Where windows are transformed; phases and fields are fitted on the processor in any case.
public enum AlignmentDevice: String, Hashable, Sendable, Codable, CaseIterable {
    /// The processor.
    case cpu
    /// The first NVIDIA GPU that the process sees (`CUDA_VISIBLE_DEVICES` chooses another).
    case cuda
}

extension ShiftSearch {
    /// The device as libtorch knows it.
    var torchDevice: Device { device == .cuda ? .cuda : .cpu }
}

/// What one window says.
public struct WindowShift: Hashable, Sendable {
    /// The window's place in the grid of windows.
    public let gridRow: Int
    /// The window's place in the grid of windows.
    public let gridColumn: Int
    /// The displacement found.
    public internal(set) var shift: Shift
    /// Its standard error in pixels.
    public let uncertainty: Double
    /// Agreement of the phases, 0…1.
    public let coherence: Double
    /// The share of it that both dates show, 0…1.
    public let usable: Double
    /// Where in the window the texture lies, (`WindowCutter.cells`)² shares of 1: the shift is the field's mean under them.
    let texture: [Float]
}

/// The windows of a pair: where they lie and what those that could answer said.
public struct WindowSurvey: Sendable {
    /// Side of a window in pixels.
    public let side: Int
    /// Pixels from one window to the next.
    public let step: Int
    /// First row and column of the first window.
    public let first: (row: Int, column: Int)
    /// Windows along rows and columns of the grid.
    public let rows: Int
    /// Windows along columns of the grid.
    public let columns: Int
    /// Windows that both dates show well enough to ask.
    public var asked = 0
    /// Those of them that both dates show wholly.
    public var clear = 0
    /// Those that answered.
    public var answers: [WindowShift] = []
    /// Why there is no answer at all.
    public var refusal: String?
    /// The least share that both dates must show.
    let smallestUsableShare: Double

    init(
        side: Int, step: Int, first: (row: Int, column: Int), rows: Int, columns: Int,
        smallestUsableShare: Double
    ) {
        (self.side, self.step, self.first) = (side, step, first)
        (self.rows, self.columns) = (rows, columns)
        self.smallestUsableShare = smallestUsableShare
    }

    /// A share from which a window counts as shown wholly.
    public static let whole = 0.999

    mutating func add(_ replies: WindowReplies) {
        asked += replies.usable.count { $0 >= smallestUsableShare }
        clear += replies.usable.count { $0 >= Self.whole }
        answers += replies.answers
    }
}

/// Finds how one date lies displaced against another, window by window.
///
/// Coarse: the whitened cross-spectra of all windows are added, and the peak of their correlation is the whole-pixel shift
/// that most of the picture agrees on. Fine: each window is cut again at its own whole-pixel shift, and the rest is the
/// slope of its phase plane (`PhasePlane`).
public struct ShiftEstimator {
    /// The settings.
    public let search: ShiftSearch

    /// An estimator.
    public init(_ search: ShiftSearch = ShiftSearch()) {
        self.search = search
    }

    /// Asks every window of a pair.
    ///
    /// - Parameters:
    ///   - reference: the date that others are aligned to.
    ///   - moving: the other date.
    ///   - origin: where the reference's pixel (0, 0) nominally lies in the other date, in whole pixels.
    /// - Returns: where windows lie and what they say.
    /// - Throws: `TorchError` when the transform fails.
    public func survey(
        reference: AlignmentImage, moving: AlignmentImage,
        origin: (row: Int, column: Int) = (0, 0)
    ) throws -> WindowSurvey {
        try survey(references: [reference], movings: [moving], origin: origin)
    }

    /// Asks every window of a pair that is told in several layers, such as bands of one resolution: each window's layers speak
    /// together, by their signal over noise.
    ///
    /// - Parameters:
    ///   - references: the layers of the date that others are aligned to, of one size; at least one.
    ///   - movings: the same layers of the other date, of one size.
    ///   - origin: where the reference's pixel (0, 0) nominally lies in the other date, in whole pixels.
    /// - Returns: where windows lie and what they say.
    /// - Throws: `TorchError` when the transform fails.
    public func survey(
        references: [AlignmentImage], movings: [AlignmentImage],
        origin: (row: Int, column: Int) = (0, 0)
    ) throws -> WindowSurvey {
        precondition(!references.isEmpty && references.count == movings.count, "layers in pairs")
        let (width, height) = (references[0].width, references[0].height)
        let side = search.side(width: width, height: height)
        let step = min(width, height) > 4096 ? side : side / 2
        // The first and the last window of a line look half over the edge, where the field would else be a guess.
        let overhang = side / 2
        let (down, across) = (height - side + 2 * overhang, width - side + 2 * overhang)
        var survey = WindowSurvey(
            side: side, step: step,
            first: (max(0, down) % step / 2 - overhang, max(0, across) % step / 2 - overhang),
            rows: max(0, down / step + 1), columns: max(0, across / step + 1),
            smallestUsableShare: search.smallestUsableShare)
        guard height >= side, width >= side else {
            survey.refusal = "the reference is smaller than a window of \(side) pixels"
            return survey
        }
        let pair = ImagePair(references: references, movings: movings, origin: origin)
        return try WindowSet(pair: pair, windows: survey, search: search).survey()
    }
}

extension Double {
    /// Two digits after the point, whatever the locale.
    var short: String {
        guard isFinite else { return "–" }
        let hundredths = (abs(self) * 100).rounded()
        let whole = Int(min(hundredths, 1e15))
        let fraction = whole % 100
        let sign = self < 0 && whole > 0 ? "-" : ""
        return "\(sign)\(whole / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
