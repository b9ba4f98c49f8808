import Metrics

/// Sums of two methods' counts over groups, some of which are swapped between the methods.
///
/// The sums are linear: each changes by what the methods differ by in the swapped groups, so that a swap of many groups
/// costs no more than their differences.
struct SwappedSums {
    private let own: ClassConfusion
    private let theirs: ClassConfusion
    private let differences: [[ClassConfusion.Difference]]

    /// Takes the counts of both methods, group by group; `nil` where there is no group.
    init?(_ own: [ClassConfusion], _ theirs: [ClassConfusion]) {
        guard let first = own.first, own.count == theirs.count else { return nil }
        func sum(_ counts: [ClassConfusion]) -> ClassConfusion {
            counts.reduce(into: ClassConfusion(classes: first.classes)) { $0.add($1, times: 1) }
        }
        self.own = sum(own)
        self.theirs = sum(theirs)
        differences = zip(own, theirs).map { $0.differences(of: $1) }
    }

    /// The sums of the first and of the second method after a swap.
    func callAsFunction(_ isSwapped: [Bool]) -> (own: ClassConfusion, theirs: ClassConfusion) {
        var sums = (own: own, theirs: theirs)
        for (group, isSwapped) in isSwapped.enumerated() where isSwapped {
            sums.own.add(differences[group], times: 1)
            sums.theirs.add(differences[group], times: -1)
        }
        return sums
    }
}
