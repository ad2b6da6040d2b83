"""What an expression over data may call and read: names of methods, attributes and functions."""

from __future__ import annotations

AGGREGATES = frozenset(
    [
        *("mean", "median", "sum", "min", "max", "std", "var", "sem", "count", "size", "nunique"),
        *("first", "last", "prod", "skew", "any", "all", "idxmin", "idxmax"),
    ]
)
METHODS = AGGREGATES | frozenset(
    [
        *("abs", "agg", "assign", "astype", "between", "clip", "corr", "cov", "cummax", "cummin"),
        *("cumprod", "cumsum", "describe", "diff", "drop", "drop_duplicates", "dropna", "duplicated"),
        *("expanding", "ffill", "bfill", "fillna", "groupby", "head", "isin", "isna", "kurt", "melt"),
        *("merge", "mode", "nlargest", "notna", "nsmallest", "pct_change", "quantile", "rank"),
        *("rename", "reset_index", "rolling", "round", "set_index", "shift", "sort_index"),
        *("sort_values", "tail", "transpose", "unique", "value_counts", "where", "mask", "ngroups"),
        *("tolist", "item", "contains", "endswith", "len", "lower", "lstrip", "replace", "rstrip"),
        *("split", "startswith", "strip", "title", "upper", "day_name", "month_name"),
        *("total_seconds", "normalize", "keys", "values", "items", "get", "index", "argmax"),
        *("argmin", "ptp", "isnull", "notnull", "select_dtypes", "to_dict", "to_list", "to_frame"),
        *("pivot_table", "copy"),
    ]
)
PROPERTIES = frozenset(
    [
        *("T", "columns", "dtype", "dtypes", "empty", "iloc", "index", "loc", "name", "ndim"),
        *("shape", "size", "values", "str", "dt", "year", "month", "day", "hour", "minute", "second"),
        *("dayofweek", "weekday", "dayofyear", "quarter", "date", "days", "seconds", "is_unique"),
    ]
)
NUMPY = frozenset(
    [
        *("abs", "ceil", "corrcoef", "cos", "cumsum", "diff", "exp", "floor", "isnan", "log"),
        *("log10", "log1p", "log2", "max", "maximum", "mean", "median", "min", "minimum", "nanmean"),
        *("nanmedian", "nanstd", "percentile", "quantile", "round", "sign", "sin", "sort", "sqrt"),
        *("std", "sum", "tan", "unique", "var", "where", "isfinite", "arange", "linspace"),
    ]
)
PANDAS = frozenset(
    [
        *("cut", "isna", "notna", "qcut", "to_datetime", "to_numeric", "Timedelta", "Timestamp"),
        *("concat", "isnull", "notnull"),
    ]
)
INSTEAD = {
    "query": "select rows as in df[df.tip > 2]",
    "eval": "use assign",
    "apply": "compute with whole columns",
    "map": "compute with whole columns",
    "join": "use merge",
    "pivot": "use pivot_table",
}
"""What to write for a method that is not allowed, for the model."""
