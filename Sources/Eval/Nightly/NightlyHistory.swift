import Foundation
import GRDB
import Manifests

/// What all nights gave, in an SQLite file.
package struct NightlyHistory {
    /// A number of a night.
    package struct Result: Codable, Sendable, Equatable {
        /// What is measured: "stage/method/protocol/score".
        package var series: String
        /// The number.
        package var value: Double
        /// Whether more is better.
        package var isHigherBetter: Bool
        /// Whether it was flagged, and is therefore no measure for later nights.
        package var isFlagged = false
    }

    /// A value of an earlier night.
    package struct Point: Sendable, Equatable {
        /// The night.
        package var night: String
        /// The value.
        package var value: Double
        /// Whether it was flagged.
        package var isFlagged: Bool
    }

    private let queue: DatabaseQueue

    /// Opens or makes the file, and brings an older one up to date.
    /// - Throws: `ManifestError`: 78 for a file of a newer program, 65 for one that is none, 73 or 74 where it cannot be used.
    package init(path: String) throws {
        do {
            queue = try DatabaseQueue(path: path)
            let migrator = Self.migrator
            if try queue.read(migrator.hasBeenSuperseded) {
                throw ManifestError(
                    .configuration, path: path,
                    "was written by a newer program; update matter-eval, or name another folder")
            }
            try migrator.migrate(queue)
        } catch let error as DatabaseError {
            let isDamaged =
                error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
            throw ManifestError(
                isDamaged ? .invalid : .io, path: path,
                "cannot be used as history: \(error.message ?? error.resultCode.description); move it away to begin anew"
            )
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.create(table: "night") { table in
                table.primaryKey("id", .text)
                table.column("recipe", .text).notNull()
                table.column("version", .text).notNull()
                table.column("isWhole", .boolean).notNull()
            }
            try database.create(table: "result") { table in
                table.column("night", .text).notNull().references("night", onDelete: .cascade)
                table.column("series", .text).notNull()
                table.column("value", .double).notNull()
                table.column("isHigherBetter", .boolean).notNull()
                table.column("isFlagged", .boolean).notNull()
                table.primaryKey(["night", "series"])
            }
        }
        migrator.registerMigration("2") { database in
            try database.alter(table: "night") { table in
                table.add(column: "isAccepted", .boolean).notNull().defaults(to: false)
            }
        }
        return migrator
    }

    /// A night as it is kept.
    package struct Night: Sendable {
        /// Its name.
        package var id: String
        /// The name of its recipe.
        package var recipe: String
        /// Whether all stages ended well.
        package var isWhole: Bool
        /// Whether its numbers are the measure from then on.
        package var isAccepted: Bool
    }

    /// Puts a night in place of what is known of it.
    /// - Throws: `ManifestError` (74).
    package func record(_ night: Night, _ results: [Result]) throws {
        try ask { queue in
            try queue.write { try Self.write(night, results, $0) }
        }
    }

    private static func write(_ night: Night, _ results: [Result], _ database: Database) throws {
        try database.execute(sql: "DELETE FROM result WHERE night = ?", arguments: [night.id])
        try database.execute(sql: "DELETE FROM night WHERE id = ?", arguments: [night.id])
        try database.execute(
            sql:
                "INSERT INTO night (id, recipe, version, isWhole, isAccepted) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                night.id, night.recipe, SuiteVersion.current, night.isWhole, night.isAccepted,
            ])
        for result in results {
            try database.execute(
                sql:
                    "INSERT INTO result (night, series, value, isHigherBetter, isFlagged) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    night.id, result.series, result.value, result.isHigherBetter, result.isFlagged,
                ])
        }
    }

    /// The name of the recipe that a night was run by; `nil` for a night that is not known.
    /// - Throws: `ManifestError` (74).
    package func recipe(of night: String) throws -> String? {
        try ask { queue in
            try queue.read { database in
                try String.fetchOne(
                    database, sql: "SELECT recipe FROM night WHERE id = ?", arguments: [night])
            }
        }
    }

    /// Whether a night's numbers were accepted when it was run before.
    /// - Throws: `ManifestError` (74).
    package func isAccepted(_ night: String, recipe: String) throws -> Bool {
        try ask { queue in
            try queue.read { database in
                try Bool.fetchOne(
                    database, sql: "SELECT isAccepted FROM night WHERE id = ? AND recipe = ?",
                    arguments: [night, recipe]) ?? false
            }
        }
    }

    /// Values of a series before a night, oldest first, of the last so many nights; none from before the last one that was accepted.
    /// - Throws: `ManifestError` (74).
    package func values(of series: String, before night: String, recipe: String, limit: Int) throws
        -> [Point]
    {
        try ask { queue in
            try queue.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT night, value, isFlagged FROM result JOIN night ON night.id = result.night
                        WHERE series = :series AND night < :night AND recipe = :recipe AND night >= COALESCE(
                            (SELECT MAX(id) FROM night JOIN result ON night.id = result.night
                             WHERE series = :series AND id < :night AND recipe = :recipe AND isAccepted), '')
                        ORDER BY night DESC LIMIT :limit
                        """,
                    arguments: [
                        "series": series, "night": night, "recipe": recipe, "limit": limit,
                    ]
                ).reversed().map {
                    Point(night: $0["night"], value: $0["value"], isFlagged: $0["isFlagged"])
                }
            }
        }
    }

    /// The series of the last so many whole nights before a night, each with the last night that has it; none from before the last
    /// night that was accepted.
    /// - Throws: `ManifestError` (74).
    package func series(before night: String, recipe: String, limit: Int) throws -> [String: String]
    {
        try ask { queue in
            try queue.read { database in
                let rows = try Row.fetchAll(
                    database,
                    sql: """
                        SELECT series, MAX(night) AS last FROM result WHERE night IN (
                            SELECT id FROM night WHERE id < :night AND recipe = :recipe AND isWhole AND id >= COALESCE(
                                (SELECT MAX(id) FROM night WHERE id < :night AND recipe = :recipe AND isAccepted), '')
                            ORDER BY id DESC LIMIT :limit)
                        GROUP BY series
                        """, arguments: ["night": night, "recipe": recipe, "limit": limit])
                return Dictionary(uniqueKeysWithValues: rows.map { ($0["series"], $0["last"]) })
            }
        }
    }

    /// Asks the file, and says which one where it does not answer.
    private func ask<Answer>(_ question: (DatabaseQueue) throws -> Answer) throws -> Answer {
        do { return try question(queue) } catch let error as DatabaseError {
            throw ManifestError(
                .io, path: queue.path,
                "cannot be used as history: \(error.message ?? error.resultCode.description)")
        }
    }
}
