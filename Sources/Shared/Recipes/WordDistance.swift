extension String {
    /// How many letters must be changed, added or left out to get from one word to the other (Levenshtein).
    public func distance(to other: String) -> Int {
        let letters = Array(other)
        var row = Array(0...letters.count)
        for (i, own) in enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, letter) in letters.enumerated() {
                let next = Swift.min(
                    diagonal + (own == letter ? 0 : 1), row[j] + 1, row[j + 1] + 1)
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[letters.count]
    }

    /// The word that is the least distance away, the first of several; nil if there are no words.
    public func nearest(of words: some Sequence<String>) -> String? {
        words.min { ($0.distance(to: self), $0) < ($1.distance(to: self), $1) }
    }
}
