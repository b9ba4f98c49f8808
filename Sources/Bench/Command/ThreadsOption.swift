import ArgumentParser

/// `--threads`: samples that are read at a time.
struct ThreadsOption: ParsableArguments {
    @Option(help: "Samples that are read at a time; one a core if not given.")
    var threads: Int?

    func validate() throws {
        guard threads.map({ (1...1024).contains($0) }) ?? true else {
            throw ValidationError("--threads is 1…1024, not \(threads ?? 0).")
        }
    }
}
