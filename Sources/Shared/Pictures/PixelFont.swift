/// Small capitals and figures of 5 × 7 pixels, drawn for this suite: enough to name the parts of a picture.
enum PixelFont {
    /// Pixels a letter takes, with the gap behind it.
    static let advance = 6
    static let height = 7

    /// The seven rows of a letter, five bits each, the leftmost highest; unknown letters are blank.
    static func rows(_ letter: Character) -> [UInt8] {
        letters[Character(letter.uppercased())] ?? [UInt8](repeating: 0, count: height)
    }

    private static let letters: [Character: [UInt8]] = [
        "A": [14, 17, 17, 31, 17, 17, 17], "B": [30, 17, 17, 30, 17, 17, 30],
        "C": [14, 17, 16, 16, 16, 17, 14], "D": [30, 17, 17, 17, 17, 17, 30],
        "E": [31, 16, 16, 30, 16, 16, 31], "F": [31, 16, 16, 30, 16, 16, 16],
        "G": [14, 17, 16, 23, 17, 17, 15], "H": [17, 17, 17, 31, 17, 17, 17],
        "I": [14, 4, 4, 4, 4, 4, 14], "J": [7, 2, 2, 2, 2, 18, 12],
        "K": [17, 18, 20, 24, 20, 18, 17], "L": [16, 16, 16, 16, 16, 16, 31],
        "M": [17, 27, 21, 21, 17, 17, 17], "N": [17, 25, 21, 19, 17, 17, 17],
        "O": [14, 17, 17, 17, 17, 17, 14], "P": [30, 17, 17, 30, 16, 16, 16],
        "Q": [14, 17, 17, 17, 21, 18, 13], "R": [30, 17, 17, 30, 20, 18, 17],
        "S": [15, 16, 16, 14, 1, 1, 30], "T": [31, 4, 4, 4, 4, 4, 4],
        "U": [17, 17, 17, 17, 17, 17, 14], "V": [17, 17, 17, 17, 17, 10, 4],
        "W": [17, 17, 17, 21, 21, 27, 17], "X": [17, 17, 10, 4, 10, 17, 17],
        "Y": [17, 17, 10, 4, 4, 4, 4], "Z": [31, 1, 2, 4, 8, 16, 31],
        "0": [14, 17, 19, 21, 25, 17, 14], "1": [4, 12, 4, 4, 4, 4, 14],
        "2": [14, 17, 1, 6, 8, 16, 31], "3": [30, 1, 1, 14, 1, 1, 30],
        "4": [2, 6, 10, 18, 31, 2, 2], "5": [31, 16, 30, 1, 1, 17, 14],
        "6": [6, 8, 16, 30, 17, 17, 14], "7": [31, 1, 2, 4, 8, 8, 8],
        "8": [14, 17, 17, 14, 17, 17, 14], "9": [14, 17, 17, 15, 1, 2, 12],
        ".": [0, 0, 0, 0, 0, 12, 12], "-": [0, 0, 0, 31, 0, 0, 0], ":": [0, 12, 12, 0, 12, 12, 0],
        "=": [0, 0, 31, 0, 31, 0, 0], "/": [1, 2, 2, 4, 8, 8, 16], "_": [0, 0, 0, 0, 0, 0, 31],
    ]
}

extension Picture {
    /// Height of a line of text in pixels.
    public static let textHeight = PixelFont.height

    /// The width that a text takes, in pixels.
    public static func textWidth(_ text: String) -> Int { text.count * PixelFont.advance }

    /// Writes a text in small capitals; what leaves the picture is cut off.
    public mutating func write(_ text: String, row: Int, column: Int, _ colour: Colour = .black) {
        for (index, letter) in text.enumerated() {
            for (line, bits) in PixelFont.rows(letter).enumerated() {
                for bit in 0..<5 where bits >> UInt8(4 - bit) & 1 == 1 {
                    let x = column + index * PixelFont.advance + bit
                    fill(rows: row + line..<row + line + 1, columns: x..<x + 1, colour)
                }
            }
        }
    }
}
