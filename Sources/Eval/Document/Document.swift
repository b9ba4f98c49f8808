package import Manifests

/// A report as data: everything that any rendering says, and the exact numbers behind it.
///
/// The content of `report.json` of `matter-eval report`, `paper` and `nightly`; HTML, Markdown, LaTeX, CSV, JUnit and
/// Vega-Lite are rendered from it alone. A pure function of what was read: no clock, host name or absolute path.
package struct Document: Codable, Sendable, Equatable {
    /// The form of this document.
    package static let currentSchema = "matter-document/1"

    /// The form that this document claims to have.
    package var schema = Document.currentSchema
    /// What kind of report it is: "tasks", "paper", "study" or "nightly".
    package var kind: String
    /// What made it.
    package var program = Report.Program(name: "matter-eval", version: SuiteVersion.current)
    /// A line above the headline.
    package var eyebrow: String
    /// The headline.
    package var title: String
    /// The result in a sentence or two.
    package var lede: String
    /// A few facts beside it.
    package var facts: [Fact]
    /// What a reader must know before trusting the numbers.
    package var notices: [Report.Notice]
    /// The parts, in the order of showing.
    package var sections: [Section]
    /// What was asked of the numbers, and whether they meet it.
    package var checks: [Check]
    /// Terms and what they mean.
    package var definitions: [Report.Definition]
    /// The files that were read.
    package var inputs: [Report.Input]
    /// The numbers in the form in which they were computed.
    package var data: JSONValue
}

extension Document {
    /// A name and a value.
    package struct Fact: Codable, Sendable, Equatable {
        /// What it is.
        package var name: String
        /// Its value.
        package var text: String
    }

    /// A part of a report.
    package struct Section: Codable, Sendable, Equatable {
        /// Its place in links: letters, digits and hyphens.
        package var id: String
        /// Its headline.
        package var title: String
        /// What it shows.
        package var intro: String
        /// Tables, figures and images.
        package var blocks: [Block]
    }

    /// Something that is shown; one of these is there.
    package struct Block: Codable, Sendable, Equatable {
        /// A table.
        package var table: Table?
        /// A plot.
        package var figure: Drawing?
        /// A confusion matrix.
        package var matrix: Matrix?
        /// Images of one place.
        package var images: Images?

        /// Shows a table.
        package static func table(_ table: Table) -> Block { Block(table: table) }
        /// Shows a plot.
        package static func figure(_ figure: Drawing) -> Block { Block(figure: figure) }
        /// Shows a confusion matrix.
        package static func matrix(_ matrix: Matrix) -> Block { Block(matrix: matrix) }
        /// Shows images.
        package static func images(_ images: Images) -> Block { Block(images: images) }
    }

    /// A table; its columns sort on the page.
    package struct Table: Codable, Sendable, Equatable {
        /// The name of its CSV file: letters, digits and hyphens.
        package var id: String
        /// What it shows.
        package var caption: String
        /// The columns' heads.
        package var columns: [Column]
        /// The rows, each of as many cells as columns.
        package var rows: [[Cell]]
    }

    /// A column's head.
    package struct Column: Codable, Sendable, Equatable {
        /// What it holds.
        package var title: String
        /// Whether it holds numbers.
        package var isNumber: Bool

        /// A column of numbers.
        package static func number(_ title: String) -> Column {
            Column(title: title, isNumber: true)
        }
        /// A column of words.
        package static func text(_ title: String) -> Column {
            Column(title: title, isNumber: false)
        }
    }

    /// A cell: what is read, and the exact number behind it.
    package struct Cell: Codable, Sendable, Equatable {
        /// How much a cell stands out.
        package enum Emphasis: String, Codable, Sendable {
            /// Not at all.
            case none
            /// The best of its column.
            case best
            /// Something is wrong.
            case warning
        }

        /// What is read.
        package var text: String
        /// The exact number; `nil` for words, and for what is no number.
        package private(set) var value: Double?
        /// How much it stands out.
        package var emphasis: Emphasis

        init(text: String, value: Double?, emphasis: Emphasis = .none) {
            self.text = text
            self.value = value.flatMap { $0.isFinite ? $0 : nil }
            self.emphasis = emphasis
        }

        /// Words.
        package static func text(_ text: String, _ emphasis: Emphasis = .none) -> Cell {
            Cell(text: text, value: nil, emphasis: emphasis)
        }

        /// A share in percent.
        package static func percent(_ share: Double?, _ emphasis: Emphasis = .none) -> Cell {
            Cell(text: NumberText.percent(share), value: share, emphasis: emphasis)
        }

        /// A number with so many decimals.
        package static func number(_ value: Double?, decimals: Int) -> Cell {
            Cell(text: NumberText.fixed(value, decimals: decimals), value: value)
        }

        /// A p-value, which is never shown as 0.
        package static func probability(_ value: Double?) -> Cell {
            Cell(text: ScoreText.chance(value), value: value)
        }

        /// A count.
        package static func count(_ value: Int64) -> Cell {
            Cell(text: NumberText.grouped(value), value: Double(value))
        }
    }

    /// A plot with the words around it.
    package struct Drawing: Codable, Sendable, Equatable {
        /// A title of a few words.
        package var title: String
        /// What is measured, and how to read it.
        package var caption: String
        /// The plot.
        package var plot: Plot

        var figure: Figure {
            Figure(part: .thresholds, title: title, caption: caption, plot: plot)
        }
    }

    /// A confusion matrix.
    package struct Matrix: Codable, Sendable, Equatable {
        /// A name: letters, digits and hyphens.
        package var id: String
        /// What it shows.
        package var caption: String
        /// The classes.
        package var classes: [String]
        /// Counts by truth, then by prediction.
        package var counts: [[Int64]]
    }

    /// Images of one place, two of which can be laid over one another.
    package struct Images: Codable, Sendable, Equatable {
        /// The place.
        package var title: String
        /// The images; `role` is their title.
        package var images: [Report.Panel]
        /// Why this place is shown, in a sentence.
        package var note: String?
        /// What the colours mean.
        package var legend: [Key]?

        /// A colour and its meaning.
        package struct Key: Codable, Sendable, Equatable {
            /// What it means.
            package var text: String
            /// "#rrggbb".
            package var colour: String
        }
    }

    /// Something that was asked of the numbers.
    package struct Check: Codable, Sendable, Equatable {
        /// What it belongs to.
        package var group: String
        /// What was asked.
        package var name: String
        /// Whether it is met; `nil` where it could not be checked.
        package var isMet: Bool?
        /// Why, in a sentence.
        package var message: String
    }

    /// All tables, in the order of showing.
    var tables: [Table] { sections.flatMap(\.blocks).compactMap(\.table) }
    /// All plots, in the order of showing.
    var drawings: [Drawing] { sections.flatMap(\.blocks).compactMap(\.figure) }
    /// Whether everything that was asked is met.
    package var isMet: Bool { checks.allSatisfy { $0.isMet != false } }
}
