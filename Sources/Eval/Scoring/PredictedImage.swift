import Metrics

/// The prediction and the truth of one image.
struct PredictedImage {
    /// A rectangle of pixels.
    struct Window {
        var row, column, rows, columns: Int
    }

    let rows: Int
    let columns: Int
    /// The class of each pixel.
    let prediction: [UInt8]
    /// The true class of each pixel.
    let truth: [UInt8]
    /// The scores of a change task.
    let scores: [Float]?
    /// The code in `truth` that is not scored.
    let ignored: UInt8?
    private let classes: Int
    private let path: String

    /// Reads the file of one sample.
    /// - Throws: `EvalError`: 66 where an array is missing, 65 where sizes differ or a score is not a number.
    init(_ run: TaskRun, key: String) throws {
        path = run.predictions(key)
        let file = try ArrayFile(path)
        truth = try file.codes("label", rank: 2)
        let shape = file.shape("label") ?? [0, 0]
        (rows, columns) = (shape[0], shape[1])
        ignored = run.record.ignore.map { UInt8($0) }
        classes = run.record.classes.count
        if run.record.task == .change {
            let found = try file.floats("score", rank: 2)
            try Self.check(file, "score", shape)
            if let bad = found.firstIndex(where: \.isNaN) {
                throw EvalError(
                    .invalid, path,
                    "the score of row \(bad / max(1, columns)), column \(bad % max(1, columns)), is not a number"
                )
            }
            let threshold = Float(run.threshold(key) ?? 0)
            prediction = found.map { $0 >= threshold ? 1 : 0 }
            scores = found
        } else {
            prediction = try file.codes("class", rank: 2)
            try Self.check(file, "class", shape)
            scores = nil
        }
    }

    /// All pixels.
    var window: Window { Window(row: 0, column: 0, rows: rows, columns: columns) }

    /// Counts of the patches that a protocol cuts.
    func parts(_ tiling: PixelScoring.Tiling) throws -> [ClassConfusion] {
        if let crop = tiling.crop {
            let (height, width) = (min(crop, rows), min(crop, columns))
            return [
                try counts(
                    Window(
                        row: (rows - height) / 2, column: (columns - width) / 2, rows: height,
                        columns: width))
            ]
        }
        guard let side = tiling.patch else { return [try counts(window)] }
        return try stride(from: 0, to: rows, by: side).flatMap { row in
            try stride(from: 0, to: columns, by: side).compactMap { column in
                let cut = Window(
                    row: row, column: column, rows: min(side, rows - row),
                    columns: min(side, columns - column))
                let isWhole = cut.rows == side && cut.columns == side
                guard isWhole || tiling.edge == .cut else { return nil }
                let found = try counts(cut)
                // Recall is undefined just where nothing has changed.
                return tiling.windows == .all || found.counts(of: 1).recall != nil ? found : nil
            }
        }
    }

    /// Counts the pixels of a rectangle.
    /// - Throws: `EvalError` (65) where a truth is no class.
    func counts(_ window: Window) throws -> ClassConfusion {
        var counts = ClassConfusion(classes: classes)
        do {
            for row in window.row..<window.row + window.rows {
                if window.columns == columns, row > window.row { break }
                let isWide = window.columns == columns
                let start = row * columns + window.column
                let end = start + (isWide ? window.rows * columns : window.columns)
                try prediction.withUnsafeBufferPointer { prediction in
                    try truth.withUnsafeBufferPointer { truth in
                        try counts.add(
                            prediction: UnsafeBufferPointer(rebasing: prediction[start..<end]),
                            truth: UnsafeBufferPointer(rebasing: truth[start..<end]),
                            ignoring: ignored)
                    }
                }
            }
        } catch let error as MetricsError {
            throw EvalError(.invalid, path, error.description)
        }
        return counts
    }

    /// Counts against the truth moved by some pixels; what has no partner is left out.
    /// - Throws: `EvalError` (65) where a truth is no class.
    func counts(truthMovedBy shift: (rows: Int, columns: Int)) throws -> ClassConfusion {
        var counts = ClassConfusion(classes: classes)
        let (height, width) = (rows - abs(shift.rows), columns - abs(shift.columns))
        guard height > 0, width > 0 else { return counts }
        let (top, left) = (max(0, shift.rows), max(0, shift.columns))
        do {
            try prediction.withUnsafeBufferPointer { prediction in
                try truth.withUnsafeBufferPointer { truth in
                    for row in top..<top + height {
                        let own = row * columns + left
                        let moved = (row - shift.rows) * columns + left - shift.columns
                        try counts.add(
                            prediction: UnsafeBufferPointer(
                                rebasing: prediction[own..<own + width]),
                            truth: UnsafeBufferPointer(rebasing: truth[moved..<moved + width]),
                            ignoring: ignored)
                    }
                }
            }
        } catch let error as MetricsError {
            throw EvalError(.invalid, path, error.description)
        }
        return counts
    }

    private static func check(_ file: ArrayFile, _ name: String, _ shape: [Int]) throws {
        guard let own = file.shape(name), own != shape else { return }
        throw EvalError(
            .invalid, file.path,
            "\"\(name)\" is \(own) and \"label\" \(shape); they must be of one size")
    }
}
