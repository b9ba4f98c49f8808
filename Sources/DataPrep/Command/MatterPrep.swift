import ArgumentParser

@main
struct MatterPrep: ParsableCommand {}
