import Pictures
import Tensors

/// The picture of visual words: a row a date; the image, the classes, and each method's words side by side; below, what the colours mean.
struct WordsSheet {
    let title: String
    /// Places a row.
    let width: Int
    /// How many words.
    let words: Int
    /// Colours of the places, a date each.
    let photographs: [[Picture.Colour]]
    let classes: [Int]?
    /// The methods' names.
    let names: [String]
    /// Labels by method, date and place.
    let maps: [[[Int]]]
    /// Which places are clear, a date each; the words of others are grey.
    let clear: [[Bool]]

    private static let gap = 8
    private static let swatch = 24

    func draw() -> Picture {
        let height = photographs[0].count / width
        let panels = 2 + names.count
        // Panels of 192 pixels at least.
        let scale = max(1, (191 + width) / width)
        let (across, down) = (width * scale, height * scale)
        let line = Picture.textHeight + Self.gap
        let perRow = max(1, (panels * (across + Self.gap)) / Self.swatch)
        let legendRows = (max(words, (classes?.max() ?? 0) + 1) + perRow - 1) / perRow
        var picture = Picture(
            width: panels * (across + Self.gap) + Self.gap,
            height: Self.gap + 2 * line + 2 * (down + Self.gap) + 2 * (legendRows + 1) * line)
        picture.write(title, row: Self.gap, column: Self.gap)
        for (panel, name) in (["image", "classes"] + names).enumerated() {
            let left = Self.gap + panel * (across + Self.gap)
            picture.write(name, row: Self.gap + line, column: left)
            for date in 0..<2 {
                let top = Self.gap + 2 * line + date * (down + Self.gap)
                draw(panel, date, row: top, column: left, scale, into: &picture)
            }
        }
        let bottom = Self.gap + 2 * line + 2 * (down + Self.gap)
        legend("words", words, row: bottom, perRow, into: &picture)
        if let last = classes?.max() {
            legend(
                "classes", last + 1, row: bottom + (legendRows + 1) * line, perRow, into: &picture)
        }
        return picture
    }

    private func draw(
        _ panel: Int, _ date: Int, row top: Int, column left: Int, _ scale: Int,
        into picture: inout Picture
    ) {
        for place in photographs[date].indices {
            let colour: Picture.Colour
            switch panel {
            case 0: colour = photographs[date][place]
            case 1:
                guard let classes, date == 0 else { return }
                colour = .distinct(classes[place])
            default:
                colour =
                    clear[date][place]
                    ? .distinct(maps[panel - 2][date][place])
                    : Picture.Colour(red: 128, green: 128, blue: 128)
            }
            let (row, column) = place.quotientAndRemainder(dividingBy: width)
            picture.fill(
                rows: top + row * scale..<top + (row + 1) * scale,
                columns: left + column * scale..<left + (column + 1) * scale, colour)
        }
    }

    private func legend(
        _ name: String, _ count: Int, row top: Int, _ perRow: Int, into picture: inout Picture
    ) {
        picture.write(name, row: top, column: Self.gap)
        for number in 0..<count {
            let line = Picture.textHeight + Self.gap
            let row = top + (1 + number / perRow) * line
            let column = Self.gap + number % perRow * Self.swatch
            picture.fill(
                rows: row..<row + Picture.textHeight, columns: column..<column + 6,
                .distinct(number))
            picture.write("\(number)", row: row, column: column + 8)
        }
    }

    /// Natural colours of an image's places where it has the bands B04, B03 and B02, else its first band in grey; from the 2nd to the
    /// 98th percentile.
    static func photograph(_ image: Tensor, _ bands: [String], _ stride: Int) -> [Picture.Colour] {
        let natural = ["B04", "B03", "B02"].compactMap { bands.firstIndex(of: $0) }
        let chosen = natural.count == 3 ? natural : [0, 0, 0]
        let channels = chosen.map { band -> [UInt8] in
            let plane = image.select(0, 0).select(0, band).slice(0, step: stride)
                .slice(1, step: stride)
            let values: [Float] = plane.contiguous().values()
            let sorted = values.sorted()
            let (low, high) = (
                sorted[sorted.count * 2 / 100], sorted[(sorted.count - 1) * 98 / 100]
            )
            let scale = high > low ? 255 / (high - low) : 0
            return values.map { UInt8(min(max(($0 - low) * scale, 0), 255)) }
        }
        return channels[0].indices.map {
            Picture.Colour(red: channels[0][$0], green: channels[1][$0], blue: channels[2][$0])
        }
    }
}
