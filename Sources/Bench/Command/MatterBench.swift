import ArgumentParser

@main
struct MatterBench: ParsableCommand {}
