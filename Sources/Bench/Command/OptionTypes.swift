public import ArgumentParser
public import Bench
import Geo

extension OSCDImages: ExpressibleByArgument {}

extension TaskPlan.Task: ExpressibleByArgument {}

/// A list with commas between, of names that a type knows.
struct CommaList<Element: Sendable>: Sendable {
    let elements: [Element]

    init(_ elements: [Element]) {
        self.elements = elements
    }

    init?(_ text: String, parse: (String) -> Element?) {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let elements = names.compactMap(parse)
        guard elements.count == names.count else { return nil }
        self.elements = elements
    }
}

extension CommaList: ExpressibleByArgument where Element: ListElement {
    init?(argument: String) {
        self.init(argument, parse: Element.named)
    }

    var defaultValueDescription: String { elements.map(\.name).joined(separator: ",") }
}

/// What may stand in a list on the command line.
protocol ListElement: Sendable {
    static func named(_ name: String) -> Self?
    var name: String { get }
}

extension ListElement where Self: RawRepresentable<String> {
    var name: String { rawValue }
}

extension OSCDMethod: ListElement {
    static func named(_ name: String) -> Self? { Self(rawValue: name) }
}

extension ThresholdRule: ListElement {
    static func named(_ name: String) -> Self? { Self(rawValue: name) }
}

extension Sentinel2Band: ListElement {
    static func named(_ name: String) -> Self? { Self(name: name) }
}

extension String: ListElement {
    static func named(_ name: String) -> String? { name.isEmpty ? nil : name }
    var name: String { self }
}
