import ArgumentParser

@main
struct MatterModelProgram: ParsableCommand {}
