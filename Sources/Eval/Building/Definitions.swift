extension Report.Definition {
    /// What every number of a change-detection report means.
    static let changeDetection: [Report.Definition] = [
        .init(
            term: "Protocol “pooled”",
            text:
                "Every pixel of every scored city is compared once with the truth, without overlap, crop or "
                + "batch; the four counts are added up over all pixels, and the ratios are taken of the sums. "
                + "Large cities weigh more than small ones."),
        .init(
            term: "Precision",
            text: "TP / (TP + FP): of the pixels called change, the part that is change."),
        .init(
            term: "Recall", text: "TP / (TP + FN): of the pixels of change, the part that is found."
        ),
        .init(
            term: "F1",
            text:
                "2 TP / (2 TP + FP + FN), of the class change alone; the harmonic mean of precision and "
                + "recall. It is not the mean of the F1 of change and of no change, nor a mean over batches."
        ),
        .init(term: "IoU", text: "TP / (TP + FP + FN), of the class change alone."),
        .init(
            term: "AP",
            text:
                "Average precision: the sum of precision times the gain in recall over all thresholds, pooled."
        ),
        .init(
            term: "Over cities",
            text:
                "Unweighted mean of the cities' own ratios ± their sample standard deviation (n − 1). It shows "
                + "how cities differ; it is no confidence interval, and its mean is not the pooled score."
        ),
        .init(
            term: "0/0",
            text:
                "A ratio without a denominator is undefined: null in report.json, a dash in tables, left "
                + "out of means, and n counts what is left."),
        .init(
            term: "Oracle",
            text:
                "A threshold chosen with the truth of the scored pixels. It bounds what a threshold could "
                + "reach, and is never ranked or printed in bold."),
    ]
}
