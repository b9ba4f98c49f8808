/// The two days of a city, as `dates.txt` has them ("date_1: 20160122").
enum AcquisitionDates {
    /// The days as ISO 8601 ("2016-01-22"), in the file's order.
    ///
    /// - Throws: `BenchError`, 65, unless the text holds exactly two days of eight digits.
    static func parse(_ text: String, path: String) throws -> [String] {
        let days = text.split { !$0.isASCII || !$0.isNumber }.filter { $0.count == 8 }.map(
            String.init)
        guard days.count == 2, days.allSatisfy(isDay) else {
            throw BenchError(
                .invalid,
                "\(path): expected two days such as \"date_1: 20160122\", found \(days.count) of eight digits; restore the file"
            )
        }
        return days.map { "\($0.prefix(4))-\($0.dropFirst(4).prefix(2))-\($0.suffix(2))" }
    }

    private static func isDay(_ digits: String) -> Bool {
        let (month, day) = (Int(digits.dropFirst(4).prefix(2)) ?? 0, Int(digits.suffix(2)) ?? 0)
        return (1...12).contains(month) && (1...31).contains(day)
    }
}
