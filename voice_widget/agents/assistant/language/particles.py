"""The small words of questions: what joins, negates, compares and asks, by what it means to the grammar.

A word stands here, in the vocabulary or among the names of a table, or it is unknown; there is no fourth
case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# kind → value → what is said for it, parted by "|". The values of `None` are the words themselves.
SAID: Mapping[str, Mapping[Any, str]] = {
    # Without a meaning of their own in a question about a table: the only words that may be passed over.
    "fill": {
        None: (
            "a|an|the|please|um|uh|er|erm|hm|hey|ok|okay|so|well|now then|kindly|just for me|for me"
            "|could you|can you|would you|can i|could i|may i|tell|tell me|tell us|give me|give us"
            "|i want to know|i would like to know|i would like|i want|i need|i d like to know|i d like"
            "|i wonder|let me know|let us|lets|say me|do you know|get me|get|find|find out|work out"
            "|calculate|compute|determine|report|me|us|know|to know|i|we|you|our|my|your|do|does|did|can"
            "|could|would|should|shall|here|actually|exactly what|currently|in the data|in this data"
            "|in the dataset|in our data|in the table|in this table|of the data|of the dataset"
            "|of the table|from the data|in the data set|in my data|of this table|in this dataset"
            "|in the data frame|in the dataframe|in all|all told|at the moment|like to see|want to see"
            "|like to|want to|see|look at|look up|what s|quickly|simply|like|of course|right|kind of"
            "|sort of|what about it|hello there|thank you|thanks|id like to know|id like to see|id like"
            "|id love to know|id love to see|i d love to know|id love|i would love to know|love to know"
            "|curious|i am curious|just wondering|i was wondering|wondering|i wonder how"
            "|do you happen to know|happen to know|any idea|by any chance|if you can|if you could"
            "|if you will|for a moment|real quick|quick question|basically|so far|to date|on record|ever"
            "|at all|that we have|that we have got|that we got|we have got|that you have|you have"
            "|that there are|that there is|in this file|in the file|in our file|in the records"
            "|in our records|on our books|in our books|on file|in front of us|tell me now|go ahead and"
            "|let me hear|have a look at|take a look at|check|check for|check if|check whether|i guess"
            "|i suppose|you know|anyway|alright|all right|right then|any more|any longer|anymore|in here"
            "|exactly|at present|these days|as far as we know|if any|to me|please tell me|tell me please"
            "|now tell me|whether|first of all|to start with|to begin|for starters|for the record"
            "|overall then|really|in numbers|in fact|i think|maybe|perhaps|somehow|in this sheet"
            "|in the sheet|in this dataframe|in our dataset|in your data|in the whole data"
            "|in the whole table|in the entire table|in the whole dataset|in all of the data"
            "|in all the data|over the whole table|across the whole table|across the board"
            "|across all rows|over all rows|in general|generally|among them all|of them all"
            "|of all of them|of all time|we know of|we have on record|we have on file|simply put"
            "|could you please|can you please|would you mind|help me|show me please|if possible"
            "|when you can"
        ),
    },
    "verb": {
        None: (
            "make|makes|made|get|gets|got|have got|place|placed|happen|happens|happened|occur|occurs"
            "|occurred|come|comes|came|recorded|record|exist|exists|live|lives|living|work|works|working"
            "|belong|belongs|take place|took place|reach|reached|show up|fall|falls|fell|generate"
            "|generated|bring in|brought in|earned in|generates|generating|produce|produces|produced"
            "|bring|brings|brought|contribute|contributes|contributed|yield|yields|yielded|achieve"
            "|achieves|achieved|reports|reported|contain|contains|include|includes|done|being|stand"
            "|stands|sit|lie|lies|coming|made up|make up|makes up|sell|sold|sells|pays|pay|paid|earned"
            "|account|accounts|accounted|ordered|bought|purchased|requested|visited|appear|appears"
            "|appeared|end|ends|ended|result|resulted|turn out|turned out|observed|measured|listed"
            "|registered|issued|found|seen|amount|amounted|collected|did we do|go|goes|going|went|take"
            "|takes|took|use|uses|cover|covers|covered|span|spans|used|account for|accounts for|measure"
            "|measures|deliver|delivers|delivered|ship|ships|carry|carries|carried|offer|offers|offered"
            "|buy|buys|hit|hits|arrive|arrives|arrived|go out|went out|goes out|send|sends|sent|receive"
            "|receives|received|employ|employs|employed|move|moves|moved|put|handle|handles|handled|serve"
            "|serves|served|came in|come in|comes in|come through|came through|spotted|spot|counted"
            "|sampled|caught|catch|tagged|logged|log|tracked|track|note|noted|written down|write down"
            "|stored|kept|collect|run|runs|ran|gather|gathered|hire|hires|shift|shifted|get through"
            "|gets through|got through|attract|attracts|attracted|see|sees|saw|fetch|fetched|enter"
            "|entered|process|processed|post|posted|log in|own|owns|stay|stays|stayed|say|says|said|call"
            "|calls|called up|load|loaded|open|opened|play|plays|played|give|gives|gave"
        ),
    },
    "be": {
        None: (
            "is|are|was|were|be|been|has been|have been|had been|is being|are being|equals|equal|equal to"
            "|equal s|is equal to|being"
        ),
    },
    "with": {
        None: "with|having|have|has|had|that have|who have|which have|got a",
    },
    "prep": {
        None: (
            "back in|of|in|for|from|on|at|among|amongst|within|during|into|inside|under category|as|to"
            "|out of|through|left from|leave from|leaves from|departed from|depart from|departs from"
        ),
    },
    "rel": {
        None: "where|whose|that|when it is|such that|if|whom",
    },
    "what": {
        None: "what",
    },
    "how": {
        None: "how",
    },
    "whole": {
        None: "in total|altogether|combined|all together|overall|total",
    },
    "which": {
        None: "which|what kind of|what type of|which one",
    },
    "who": {
        None: "who|which person|whose is",
    },
    "when": {
        None: (
            "when|on which date|on what date|on which day|on what day|since when|what date|which date"
            "|what day"
        ),
    },
    "there": {
        None: "there|in there",
    },
    "pron": {
        None: (
            "them|those|these|they|their|it|its|this|that|ones|one|of them|of those|of these|theirs|the ones"
        ),
    },
    "and": {
        None: "and|and then|then|then by|followed by|as well as|plus|along with|and also|together with|both",
    },
    "or": {
        None: "nor|or|or else|or also|either",
    },
    "but": {
        None: "but|though|however|yet",
    },
    "not": {
        None: (
            "not|except|except for|without|excluding|exclude|excludes|other than|but not|apart from"
            "|besides|aside from|outside|outside of|non|leaving out|leave out|ignoring|ignore|omitting|no"
            "|and not|anything but|everything but|all but|any but|nothing from|rather than|not including"
            "|minus those from|never|everywhere but|not counting|with the exception of|not equal to"
            "|different from|neither|differs from|unequal to|isn|aren|wasn|weren|don|doesn|didn|hasn"
            "|haven|are no|is no|leaving aside|barring|save for|not for|disregarding|disregard|skipping"
            "|skip|discounting|with the exclusion of|if you leave out|if we leave out|if you ignore"
            "|if we ignore|not any"
        ),
    },
    "only": {
        None: (
            "only|just|solely|exclusively|purely|merely|look only at|looking only at|only looking at"
            "|looking at only|look at only|looking at just|look at just|consider only|consider just"
            "|considering only|considering just|only consider|only considering|using only|using just"
            "|only using"
        ),
    },
    "all": {
        None: "all|all the|all of|every single|any|some|each and every|the whole|the entire|entire|whole",
    },
    "yes": {
        True: "yes|true",
        False: "false|no",
    },
    "by": {
        None: (
            "by|per|for each|for every|in each|in every|of each|of every|each|every|grouped by|group by"
            "|broken down by|split by|across|across the|for the different|for the various"
            "|for all the different|depending on|by each|by every|at each|on each|from each|per each"
            "|for each of|for each of the|separated by|separately for|divided by|broken down into"
            "|according to|for all|over each|by the|for every single|for each single|for every one of the"
            "|by the various|broken out by|split out by|cut by|sorted into|organized by|organised by"
            "|split across|spread across|for every different|for each different|in the different"
            "|at the different|from every|to each|to every|did each|did every|does every|do every"
            "|has each|have each|in all the different|as per|dependent on|separately by|itemized by"
            "|listed by|with every|go by|over the different|by different|for each type of"
            "|for each kind of|by type of|by kind of|for each of our|for each of these|on a per|with each"
            "|does each|do each|split into|split up by|sliced by|segmented by|in each of the|within each"
            "|within every|on every|at every|among the different"
        ),
    },
    "cmp": {
        "above": (
            "above|over|more than|greater than|larger than|bigger than|higher than|exceeding|exceeds"
            "|exceed|in excess of|upwards of|beyond|strictly more than|is more than|greater|is above"
            "|upward of|surpassing|surpass|topping"
        ),
        "below": (
            "below|under|less than|smaller than|lower than|fewer than|strictly less than|beneath"
            "|is less than|short of|lower then|less then|fewer then"
        ),
        "at least": (
            "at least|no less than|not less than|minimum of|a minimum of|or more than|no fewer than"
            "|not any less than|at the very least|at minimum|a minimum|not under|not below"
            "|greater than or equal to|more than or equal to|greater or equal to|above or equal to"
            "|starting at|not fewer than"
        ),
        "at most": (
            "at most|no more than|not more than|maximum of|a maximum of|up to|not above|not over"
            "|not exceeding|less than or equal to|smaller than or equal to|less or equal to"
            "|below or equal to|no greater than|no higher than|at the very most|at maximum|a maximum"
            "|no longer than|not longer than"
        ),
        "equal": "exactly|precisely|exactly equal to",
    },
    "more": {
        "at least": (
            "or more|at least|at the least|minimum|or above|or higher|or over|and above|and up|or greater"
            "|or larger|and over|or older"
            "|and more|or longer|or later"
        ),
        "at most": (
            "or less|at most|at the most|maximum|tops|or below|or fewer|or under|or lower|and below"
            "|or smaller|or younger"
        ),
    },
    "judged": {  # of a number the better one is the higher; of other values who knows
        "above": "better than",
        "below": "worse than",
        "at least": "or better",
    },
    "between": {
        None: (
            "between|ranging from|in the range|in the range of|in the range from|anywhere from"
            "|anywhere between|in between|in the range between|anything from|anything between"
            "|somewhere from|somewhere between|someplace between|everything from|everything between"
            "|in a range from|in a range of|within the range"
        ),
    },
    "thru": {
        None: "to|until|till|through|up until|up to and including|thru|up to",
    },
    "before": {
        None: "before|prior to|earlier than|up to but not including",
    },
    "after": {
        None: "after|later than|following",
    },
    "since": {
        None: "since|starting|starting from|from on|as of|starting in|beginning in|beginning",
    },
    "till": {
        None: "until|till|up until|up to the end of|no later than|through the end of",
    },
    "fold": {
        2.0: "twice|double|two times",
        3.0: "three times|triple",
        0.5: "half",
    },
    "times": {
        None: "times",
    },
    "than": {
        None: "than|then",
    },
    "cmpb": {
        "above": "higher|larger|bigger|greater|more|better",
        "below": "lower|smaller|less|fewer|worse",
    },
    "named": {
        None: "called|named",
    },
    "rate": {
        None: "rate|ratio|quota",
    },
    "onwards": {
        None: "onwards|onward|and later|and after|or later|on wards|and beyond",
    },
    "against": {
        None: "against|versus|vs|over",
    },
    "versus": {
        None: "compared to|compared with|versus|vs|against|in comparison to|as opposed to|relative to",
    },
    "again": {
        None: "again|too|also|as well|together|then|instead|now|either way",
    },
    "lead": {
        None: (
            "what about|how about|and what about|and how about|and now|same|the same|same thing"
            "|the same thing|same again|do the same|the same again|same question|the same question"
            "|do that|do it|same but|the same but|same thing but|the same thing but|now do that"
            "|now the same"
        ),
    },
}
