"""The questions of totals.sql and episodes.sql, asked of Spark in its local mode.

usage: run.py FOLDER --spark, which compares the answers with DuckDB's. Needs `pyspark` and Java 17.
"""

from pyspark.sql import SparkSession, Window, functions as f

SCHEMA = """v long, kind string, id string, of string, at string, started string, outcome string, protocol string,
    region string, onset string, pain_before long, pain_after long, `set` map<string, string>,
    phases array<struct<kind: string, planned_s: long, actual_s: long>>, _corrupt_record string"""


def sessions(lines):
    """Each session once, in its latest version, corrected, the deleted left out."""
    newest = Window.partitionBy("patient", "id").orderBy(f.desc("written"))
    latest = (lines.where("kind = 'session'").withColumn("version", f.row_number().over(newest))
              .where("version = 1"))
    corrections = (lines.where("kind = 'amendment'").select("patient", "of", "id", "written", "set").dropDuplicates(
        ["patient", "of", "id", "written"]).select("patient", "of", "id", "written", f.explode("set").alias("field", "reads")))
    # The corrected value may be null; the struct around it is not.
    reads = corrections.groupBy("patient", f.col("of").alias("id")).pivot(
        "field", ["pain_before", "pain_after", "deleted"]).agg(
        f.max(f.struct("written", "id", "reads")))
    joined = latest.drop("deleted").join(
        reads.withColumnsRenamed({"pain_before": "before", "pain_after": "after"}), ["patient", "id"], "left")
    for field, correction in (("pain_before", "before"), ("pain_after", "after")):
        corrected = f.col(correction)
        joined = joined.withColumn(field, f.when(corrected.isNotNull(), corrected["reads"].cast("long"))
                                   .otherwise(f.col(field)))
    return joined.where("deleted is null or deleted.reads <> 'true'")


def totals(sessions):
    def total_seconds(kind, field):
        sum_of = f.aggregate(f.filter("phases", lambda phase: phase["kind"] == kind), f.lit(0).cast("long"),
                             lambda sum_, phase: sum_ + phase[field])
        return f.sum(sum_of)

    change = f.col("pain_after") - f.col("pain_before")
    rows = sessions.groupBy("protocol").agg(
        f.count("*"), total_seconds("heat", "planned_s"), total_seconds("heat", "actual_s"),
        total_seconds("cold", "planned_s"), total_seconds("cold", "actual_s"), f.count(change), f.coalesce(f.sum(change), f.lit(0)),
        f.count(f.when(change <= -2, 1)), f.count(f.when(change >= 2, 1)))
    return [tuple(row) for row in rows.orderBy("protocol").collect()]


def episodes(sessions):
    order = Window.partitionBy("patient").orderBy("started_at", "id")
    previous = f.lag("started_at").over(order)
    begins = (f.col("previous").isNull()
              | (f.col("started_at").cast("long") - f.col("previous").cast("long") >= 14 * 86400)
              | f.coalesce(f.to_timestamp("onset") > f.col("previous"), f.lit(False)))
    counted = (sessions.withColumn("started_at", f.to_timestamp("started")).withColumn("previous", previous)
               .groupBy("patient").agg(f.count(f.when(begins, 1)).alias("episodes")))
    rows = counted.groupBy("episodes").agg(f.count("*")).orderBy("episodes")
    return [tuple(row) for row in rows.collect()]


def answer(folder):
    spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
             .config("spark.sql.shuffle.partitions", "4").config("spark.sql.session.timeZone", "UTC")
             .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    lines = spark.read.schema(SCHEMA).json(f"{folder}/*/history/*.jsonl")
    lines = (lines.withColumn("patient", f.element_at(f.split(f.input_file_name(), "/history/"), 1))
             .withColumn("written", f.to_timestamp("at")).where("v <= 1 and _corrupt_record is null"))
    known = sessions(lines).cache()
    return totals(known), episodes(known)
