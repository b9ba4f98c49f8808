/// Text made safe for LaTeX in text mode.
package enum LaTeXText {
    /// Escapes the ten characters that mean something; what pdflatex's fonts lack is shown as its code point.
    package static func escape(_ text: String) -> String {
        text.unicodeScalars.map(escape).joined()
    }

    /// A name, shortened if long, and escaped.
    package static func name(_ text: String) -> String {
        escape(Markup.shortened(text))
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\": "\\textbackslash{}"
        case "{": "\\{"
        case "}": "\\}"
        case "$", "&", "#", "_", "%": "\\\(scalar)"
        case "~": "\\textasciitilde{}"
        case "^": "\\textasciicircum{}"
        case "<": "\\textless{}"
        case ">": "\\textgreater{}"
        case "|": "\\textbar{}"
        case "\"": "\\textquotedbl{}"
        case "'": "\\textquotesingle{}"
        case "`": "\\textasciigrave{}"
        case "-": "{-}"
        case "–": "--"
        case "−": "\\ensuremath{-}"
        case "±": "\\ensuremath{\\pm}"
        case "≤": "\\ensuremath{\\leq}"
        case "≥": "\\ensuremath{\\geq}"
        case "→": "\\ensuremath{\\to}"
        case "·": "\\ensuremath{\\cdot}"
        case "×": "\\ensuremath{\\times}"
        case "√": "\\ensuremath{\\surd}"
        case "…": "\\dots{}"
        case "“": "``"
        case "”": "''"
        case "’": "\\textquoteright{}"
        case "\u{202F}": "\\,"
        case "[", "]": "{\(scalar)}"
        case _ where scalar.isASCII && scalar.value >= 0x20 && scalar.value < 0x7F: String(scalar)
        case _ where latinLetters.contains(scalar.value): String(scalar)
        default: "{" + Markup.codePoint(scalar) + "}"
        }
    }

    /// The letters of Latin-1 and Latin Extended-A that the T1 encoding sets.
    private static let latinLetters = Set(
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿĂăĄąĆćČčĎďĘęĚěĞğĹĺĽľŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšŤťŢţŮůŰűŸŹźŻżŽž"
            .unicodeScalars.map(\.value))
}
