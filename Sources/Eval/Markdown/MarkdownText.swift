/// Text made safe for Markdown tables and paragraphs, also where raw HTML is allowed.
package enum MarkdownText {
    /// Escapes what Markdown or HTML would act on; line breaks and other controls are shown as code points.
    package static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "$", "!":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case _ where Markup.isHidden(scalar):
                result += "\\" + Markup.codePoint(scalar).dropLast() + "\\]"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A sentence, escaped, and cut only where it is far too long.
    package static func words(_ text: String) -> String {
        escape(Markup.shortened(text, to: Markup.wordsLimit))
    }

    /// A name, shortened if long, and escaped.
    package static func name(_ text: String) -> String {
        escape(Markup.shortened(text))
    }

    /// A table of cells that are Markdown already; the columns `textColumns` are set left, the rest right.
    package static func table(_ head: [String], textColumns: Set<Int>, rows: [[String]]) -> String {
        let rule = head.indices.map { textColumns.contains($0) ? ":--" : "--:" }
        return ([head, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}
