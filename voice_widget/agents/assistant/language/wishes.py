"""What may be asked for, by what is said for it: descriptions, gaps, pictures, shares, relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# kind → value → what is said for it, parted by "|". The values of `None` are the words themselves.
SAID: Mapping[str, Mapping[Any, str]] = {
    "describe": {
        None: (
            "describe|summarize|summarise|summary|overview|tell me about|summary of|overview of|describes"
            "|tell me more about|statistics|statistics of|stats|stats for|stats of|statistics for|profile"
            "|explain|give me an overview of|summary statistics|summary statistics of"
            "|summary statistics for|what is in|what s in|tell us about|how is distributed"
            "|distribution of|distribution|the distribution of|describe the column|statistics on"
            "|statistics about|stats on|stats about|details on|details about|details of|information on"
            "|information about|info on|info about|facts on|facts about|key figures for|key figures of"
            "|figures on|what do you know about|what do we know about|tell me something about"
            "|something about|what can you tell me about|what can you say about|say something about"
            "|the rundown on|rundown on|rundown of|run down on|basic numbers on|basics on|basics of"
            "|basic facts about|the numbers on|numbers on|numbers for|basic numbers for|look like"
            "|looks like|looked like|look|what does look like|quick summary of|short summary of"
            "|brief summary of|basic statistics for|basic statistics of|basic statistics|basic stats for"
            "|basic stats on|basic stats|summary for|a summary of|an overview of|give me a feel for"
            "|walk me through|characterize|characterise|what is up with|what do you have on"
            "|what have we got on|what do we have on|the lowdown on|lowdown on|facts and figures on"
            "|facts and figures about|at a glance|in a nutshell|run through|general idea of|an idea of"
            "|sum up|recap|recap of|highlights of|details for|some details on|describe for me"
            "|tell me all about|everything about|all about|tell me more on"
        ),
    },
    "cols": {
        None: (
            "columns|column|variables|fields|attributes|features|column names|names of the columns"
            "|variable names|field names|header|headers|column name|variable|field|headings|heading"
            "|column titles|titles of the columns|column headings|column headers|attribute names"
            "|data fields|data columns|columns names|kinds of information|pieces of information"
            "|things we record|things we measure|information do we have|columns of data|properties"
        ),
    },
    "about": {
        None: "about",
    },
    "keeps": {
        None: (
            "measure|measures|measured|do they measure|record|records|recorded|gets recorded|get recorded"
            "|keep|kept|keep track of|keep a record of|keep records of|store|stored|hold|holds|held|track"
            "|tracked|log|logged|written down|write down|noted|noted down|note down|collect|collected"
            "|on record|capture|captured|know about|known about|keep on file|have on file|on file"
            "|have about|have on|have for|was written down about|written down about|noted about"
            "|recorded about|recorded for|recorded on|stored about|stored for|kept about|kept on|kept for"
            "|gather|gathered|do we record|do we store"
        ),
    },
    "missing": {
        None: (
            "missing|null|empty|blank|nan|unknown|not known|not available|na|nulls|incomplete"
            "|undefined|unavailable|not given|not recorded|not specified|not filled in|unspecified"
            "|how complete|how incomplete|lack|lacks|lacking|completeness|completeness of|left blank"
            "|not set|gaps|holes|unfilled|not there|blanks|empties|gap|hole|not filled|do not know"
            "|not entered|not reported|left empty|not noted|not measured|unrecorded|without values"
            "|missing data|missing information"
        ),
    },
    "twin": {
        None: (
            "duplicate|duplicates|duplicated|the duplicates|duplicate rows|duplicated rows|any duplicates"
            "|identical|exact copies|listed twice|appear twice|appears twice|occur twice|occurs twice"
            "|in there twice|in the table twice|doubled"
        ),
    },
    "whichunits": {
        "year": (
            "which years|what years|which calendar years|list the years|list all the years|show me the years"
        ),
        "month": "which months|what months|list the months|list all the months|show me the months",
        "quarter": "which quarters|what quarters|list the quarters",
    },
    "known": {
        None: (
            "known|present|filled in|available|non missing|not missing|given|non null|recorded|complete"
            "|on record|noted|we know|do we know|we do know|reported|entered|not empty|not blank"
        ),
    },
    "distinct": {
        None: "distinct|different|unique|various|individual|separate",
    },
    "values": {
        None: (
            "values|value|entries of|levels|level|categories of|possible values|options|kinds of|types of"
            "|sorts of"
        ),
    },
    "show": {
        None: (
            "show|list|display|show me|list all|view|print|present me|show us|name|see all|give me all"
            "|pull up|return|filter|filter for|select|keep|filter by|which ones are|output|open|split"
            "|break down|divide|slice|bring up|let me see|i want to see|can i see|give me a list of"
            "|a list of|list of|names of|read me|read out|read|pull out|pull|fetch me|dig out"
            "|i would like to see|id like to see|may i see|could i see|get me a list of|list out"
            "|what are the names of|just show me|show only|please show|give me the names of|find me"
            "|show me a list of|enumerate|lay out|tell me the names of|point out|print out|hand me"
            "|show me all|show all"
        ),
    },
    "covers": {
        None: (
            "what period|time span|date range|what time span|time range|what time period|time period"
            "|how far back|which period|what dates|which dates|period of time|time frame|what time frame"
            "|what stretch of time|which time span|what range of dates|over what period|over which period"
            "|for what period|what timespan|from when to when|the time span"
        ),
    },
    "corr": {
        None: (
            "correlation|correlate|correlated|correlates|related|relationship|associated|association"
            "|depend|depends|correlation between|relation|connection|relate|relates|relationship between"
            "|linked|correlation coefficient|dependent|influence|influences|affect|affects|go together"
            "|connected|correlation of|pearson correlation|relation between|link between"
            "|association between|linear correlation|go along with|goes along with|go hand in hand"
            "|goes hand in hand|hand in hand|go up with|goes up with|rise with|rises with|tied to"
            "|move together|move with|go with|goes with|correspond to|corresponds to|correspond|link"
            "|have to do with|has to do with|anything to do with|in step|track each other|come with"
            "|comes with|tied|coupled|interplay between|relationship of|relation of|connection between"
            "|tie between|have an effect on|has an effect on|effect on|impact on|have an impact on"
            "|has an impact on|impact|affected by|influenced by|explained by|depend on|depends on"
            "|related to|correlated with|correlate with|correlates with|correlated to|associated with"
            "|linked to|linked with|connected to|connected with|influence on|a function of|vary with"
            "|varies with|change with|changes with|grow with|grows with|increase with|increases with"
            "|go together with|pearson"
        ),
    },
    "plot": {
        None: (
            "plot|chart|graph|draw|diagram|visualize|visualise|picture of|plot of|chart of|graph of"
            "|draw me|bar chart|bar chart of|line chart|line chart of|scatter plot|scatter plot of"
            "|scatterplot of|scatterplot|bar plot|bar plot of|line plot|line plot of|bar graph"
            "|bar graph of|line graph of|line graph|a picture of|make a plot of|make a chart of"
            "|show a plot of|show me a plot of|plot a|draw a chart of|draw a plot of|show a chart of"
            "|show me a chart of|show me a graph of|make a graph of|draw a graph of|visualization of"
            "|visualisation of|line of|a line of|draw a line of|a curve of|curve of|curve|bars of"
            "|bars for|as a bar chart|in a bar chart|as a chart|as a graph|as a plot|as bars|in a chart"
            "|on a chart|as a line chart|as a diagram|in a graph|in a diagram|as a line|as a line graph"
            "|as a picture|graphically|visually|as a bar graph|in a plot|sketch|sketch of|pie chart of"
            "|draw up|chart out|plot out|map out|a chart of|a plot of|a graph of|a bar chart of"
            "|a line chart of|a bar graph of|a line graph of|scatter|a scatter plot of|on a graph"
            "|on a plot|in a line chart|as a scatter plot|bar diagram of|pie chart"
        ),
    },
    "hist": {
        None: (
            "histogram|histogram of|a histogram of|plot a histogram of|draw a histogram of"
            "|plot the distribution of|box plot of|show a histogram of|show me a histogram of"
            "|plot the histogram of|show the distribution of|draw the distribution of|boxplot of"
            "|a box plot of|box plot|boxplot|as a histogram|in a histogram|draw me a histogram of"
            "|make a histogram of|chart the distribution of|graph the distribution of"
        ),
    },
    "trend": {
        None: (
            "trend|trend of|trend in|trend for|over time|develop|developed|evolve|evolved"
            "|change over time|changed over time|development of|progress|trends|time course of"
            "|time series of|trending|trends in|how has developed|evolution of|history of|grow|grown|grew"
            "|growing|going up|going down|rise|rising|rose|increase|increased|increasing|decrease"
            "|decreased|falling|shrink|shrinking|dropping|monthly trend|grow over time|develop over time"
            "|evolve over time|increase over time|decrease over time|declining|decline|change|changed"
            "|changes|changing|going down over time|fallen|risen|go over time|move over time"
            "|as time went on|as time goes on|through time|over the course of time|across time|progressed"
            "|over the time|evolving|developing|moved over time|went over time|vary over time|with time"
            "|go up or down|gone up|gone down|go up|go down|went up|went down|climb|climbed|climbing|drop"
            "|dropped|getting higher|getting lower"
        ),
    },
    "size": {
        None: (
            "size|size of|dimensions|dimensions of|shape|shape of|how big|how large|how long|how wide"
            "|how tall"
        ),
    },
    "compare": {
        None: "compare|comparison of|comparison between|compared|comparison|contrast|compare the",
    },
    "diff": {
        None: (
            "difference between|difference in|difference|differ|vary|varies|varied|differs|gap between"
            "|gap in|difference of|how far apart|apart|differed|distance between|the gap between"
            "|how much more|how much higher|how much larger|how much bigger|by how much"
        ),
    },
    "share": {
        None: (
            "how big a part of|how large a part of|how big a share of|how large a share of"
            "|what percentage do|the percentage of|the share of|the proportion of|the fraction of"
            "|the percent of|which part of|how big is the share of|what fraction are|a percentage of"
            "|in percent how many|which proportion of|what percentage|what percent|percentage of"
            "|percentage|percent of|percent|share of|share|proportion of|proportion|fraction of|fraction"
            "|what share|what share of|what percentage of|what percent of|what fraction|what fraction of"
            "|what proportion|what proportion of|how much percent of|what part of|what portion of"
            "|portion of|percentage share of|which percentage of|which share of|how many percent of"
            "|how many percent|what s the share|relative share of|relative frequency of"
        ),
    },
    "exist": {
        None: (
            "is anything|anything|is there|are there|were there|was there|is there any|are there any"
            "|do we have any|were there any|does any|do any|did any|have any|has any|is any|are any"
            "|do we have|does anyone|does anybody|is anyone|is anybody|was there any|did anyone"
            "|does it have|any of|did we have any|did we have|exists there|do you have|do you see"
            "|do we see|can you see|can we see|have we any|have we got any|have we got|have you got"
            "|have you any|got any|is there some|are there some|did somebody|did someone|has anybody"
            "|has anyone|have anybody"
        ),
    },
    "noun": {
        "everything": "everything|every row|every record",
        "things": "something|anything|things|thing|stuff",
        "rows": (
            "rows|row|records|record|entries|entry|observations|observation|cases|data points|datapoints"
            "|lines|items in the table|data rows|rows of data|lines of data|samples|instances"
            "|lines of the table|table rows|individual rows|row count|data points in total"
            "|observations in total"
        ),
    },
    "table": {
        None: "this thing|data|dataset|table|data set|data frame|dataframe|frame|sheet|data table",
    },
}
