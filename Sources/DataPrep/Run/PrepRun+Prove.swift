import Foundation
import Manifests

/// The inputs of a region, each file proven.
struct ProvenRegion {
    /// Those of the scenes that this run works on.
    var inputs: [InputDigest] = []
    /// Other shards' files that these are aligned by.
    var others: [InputDigest] = []
    /// Whether earlier starts knew all of them, so that what they made of them counts.
    var isKnown = true
}

extension PrepRun {
    /// Takes the folder: its record, and what earlier starts knew of the inputs.
    ///
    /// Nothing is made for a run of which the very first scene is damaged.
    func claim() throws -> (lock: FolderLock, ledger: InputLedger) {
        try plan.refuseMissing()
        let (ledger, record) = (InputLedger(), "\(plan.output)/\(RunRecord.fileName)")
        if !FileManager.default.fileExists(atPath: record) { try proveFirst(ledger) }
        let lock = try FolderLock(folder: plan.output)
        if let holder = lock.formerHolder {
            onEvent(.remark("the lock of process \(holder), which is gone, was taken over"))
        }
        if adopts, FileManager.default.fileExists(atPath: record),
            let adoption = try Adoption(plan, from: RunRecord(readingFrom: plan.output))
        {
            onEvent(.adopting(adoption.lines))
            try adoption.take()
        }
        let begun = try RunClaim.begin(plan.output, for: plan)
        if let change = RunClaim.otherLibraries(begun) { onEvent(.remark(change)) }
        if !ledger.read(plan.output, begun) {
            try FolderBounds.remove(InputLedger.fileName, in: plan.output)
        }
        return (lock, ledger)
    }

    private func proveFirst(_ ledger: InputLedger) throws {
        guard let region = plan.regions.first(where: { !$0.own.isEmpty }),
            let first = try plan.readings(of: region).first
        else { return }
        ledger.note(try prove(first, of: region, ledger), in: region.name)
    }

    /// Proves the inputs of a region, before anything is made of them; asks between scenes whether to stop.
    ///
    /// - Throws: `PrepError`: `configuration` for a file that is another than at an earlier start, unless its date was
    ///   set aside then, and as `SceneFiles.prove`.
    func prove(
        _ region: RegionPlan, _ ledger: InputLedger, _ folder: TileFolder
    ) throws -> ProvenRegion {
        var (proof, healed) = (ProvenRegion(), [Scene]())
        for reading in try plan.readings(of: region) {
            let inputs = try prove(reading, of: region, ledger)
            let standing = ledger.standing(of: inputs, in: region.name, isOwn: reading.isOwn)
            if !standing.changed.isEmpty {
                guard reading.isOwn, try HealedDates.isSetAside(reading.scene, of: region, plan)
                else { throw RunClaim.refusal(of: plan.output, changed: standing.changed) }
                healed.append(reading.scene)
            }
            proof.isKnown = proof.isKnown && standing.isKnown
            if reading.isOwn {
                proof.inputs += inputs.map(\.digest)
            } else {
                proof.others += inputs.map(\.digest)
            }
            ledger.note(inputs, in: region.name)
            if healed.isEmpty { try ledger.save(to: plan.output) }
            onEvent(.proven(region: region.name, scene: reading.scene.name))
        }
        guard !healed.isEmpty else { return proof }
        try HealedDates(plan, healed.map { (region: region.name, scene: $0) }).takeOver(in: folder)
        try ledger.save(to: plan.output)
        return proof
    }

    private func prove(
        _ reading: SceneReading, of region: RegionPlan, _ ledger: InputLedger
    ) throws -> [ProvenInput] {
        try checkStop()
        let inputs = try times.measure(
            .digest, bytes: { $0.reduce(0) { $0 + ($1.isKnown ? 0 : $1.digest.bytes) } }
        ) { try ledger.prove(reading.scene, reading.bands, in: region.name) }
        try watch.check([reading.scene])
        return inputs
    }
}
