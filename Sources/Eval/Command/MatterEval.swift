import ArgumentParser

@main
struct MatterEval: ParsableCommand {}
